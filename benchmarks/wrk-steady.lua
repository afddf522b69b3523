-- As wrk.lua, but each connection rests before each request. The first argument is for how many milliseconds, on an
-- average.

local here = debug.getinfo(1, "S").source:match("^@(.*/)")
dofile(here .. "wrk.lua")

local begin = init
local rest = 0

function init(args)
  rest = tonumber(table.remove(args, 1))
  begin(args)
end

function delay()
  return math.random(0, 2 * rest)
end
