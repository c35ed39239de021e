-- Copyright of nobody.

-- Documents it.
function run(x)
  print(x)
end

run(1)
local x = (
