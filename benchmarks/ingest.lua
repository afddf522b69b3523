-- Arguments: the token of a source, the events of an envelope, a number that no other
-- run has. Sends envelopes as registry:3 writes them, no event twice, and ends with one
-- line of JSON. Nine of ten events are pulls, of 500 images; the tenth is the push of
-- a new one.

local EVENT = [[
      {
         "id": "%08x-%04x-4000-8000-%012x",
         "timestamp": "%s.%06dZ",
         "action": "%s",
         "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": "sha256:%s",
            "size": 502,
            "length": 502,
            "repository": "team/app%d",
            "url": "http://registry.example.com:5000/v2/team/app%d/manifests/sha256:%s",
            "tag": "1.%d"
         },
         "request": {
            "id": "%08x-%04x-4001-8000-%012x",
            "addr": "192.0.2.%d:%d",
            "host": "registry.example.com:5000",
            "method": "%s",
            "useragent": "docker/27.3.1 go/go1.22.7 kernel/6.8.0 os/linux arch/amd64"
         },
         "actor": {
            "name": "user%d"
         },
         "source": {
            "addr": "registry:5000",
            "instanceID": "4d1c5809-ba0d-4d5e-af2a-90ca1b874f5d"
         }
      }]]

local size, series
local count = 0

function init(args)
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.headers["Content-Type"] = "application/vnd.docker.distribution.events.v2+json"
  wrk.method = "POST"
  size, series = tonumber(args[2]), tonumber(args[3])
end

local function event(second)
  count = count + 1
  local repository, tag = count % 10, math.floor(count / 10) % 50
  local action, method = "pull", "GET"
  local digest = string.format("%032x%032x", repository, tag)
  if count % 10 == 9 then
    action, method = "push", "PUT"
    digest = string.format("%032x%032x", series, count)
  end
  return string.format(
    EVENT,
    series, count % 65536, count,
    second, count % 1000000, action,
    digest, repository, repository, digest, tag,
    series, count % 65536, count,
    count % 200, 30000 + count % 30000, method,
    count % 100
  )
end

function request()
  local second = os.date("!%Y-%m-%dT%H:%M:%S")
  local events = {}
  for place = 1, size do
    events[place] = event(second)
  end
  local body = '{\n   "events": [\n' .. table.concat(events, ",\n") .. "\n   ]\n}"
  return wrk.format(nil, nil, nil, body)
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
