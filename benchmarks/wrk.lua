-- Arguments: the media type to accept, a header Authorization or nothing, then paths. Asks for the paths in turn and ends
-- with one line of JSON.

local requests = {}
local turn = 0

function init(args)
  wrk.headers["Accept"] = table.remove(args, 1)
  local authorization = table.remove(args, 1)
  if authorization ~= "" then
    wrk.headers["Authorization"] = authorization
  end
  for _, path in ipairs(args) do
    table.insert(requests, wrk.format("GET", path))
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "duration_us": %d, "errors": %d, "p50_us": %d, "p99_us": %d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
