#!/usr/bin/env lua
--- Queues of things.
-- In LDoc's manner.
-- @module app.queue

local base = require("app.base")
local split = require "app.text".split

local M = {}
M._VERSION = "1.0"
M.MAX = 10
M.later = require("app.later")
M.empty, M.other = {}, 2

--- Private, with documentation.
local limits = { low = 1 }
local counter = 0
local TOP <const> = 5
local LIMIT = 3

--- Adds one.
-- @tparam table queue where to
-- @tparam[opt=1] number count how many
-- @param item what,
--   and more
-- @treturn boolean whether it went
-- @return[2] nil
-- @raise when it is full
-- @usage M.push(q, 1)
-- @see pop
function M.push(queue, count, item, ...)
  local inner = function() end
  local function local_too() end
  counter = counter + 1
  queue:insert(item)
  base.log("x"):flush()
  assert(count)
  table.insert(queue, item)
  helper()
end

--[[--
Takes one.
  Indented.
]]
M.pop = function(queue) return queue[1] end

--[==[ A block. ]==]
function M.deep.er:method(x) end

-- A plain remark documents too.
M["quoted"] = function() end

local function helper() end

local forward, table_later
function forward() end
table_later = {}
function table_later.go() end

-- Also typed.
-- @string name what
-- @func[opt] callback called
function M.short(name, callback) end

local function _hidden() end
function M._private() end

-- luacheck: ignore
function global_function(a) end
GLOBAL = 1

M.alias = helper

--------------------------------
-- A table of functions.
--------------------------------
M.util = {
  --- Doubles.
  double = function(n) return n * 2 end,
  ["triple"] = function(n) return n * 3 end,
  nested = { deep = function() end },
  value = 1,
}

--- @deprecated use push
-- @local
function M.old() end

local Node = {}
Node.__index = Node
setmetatable(Node, { __index = base.Object })

function Node.new(value)
  return setmetatable({ value = value }, Node)
end

function Node:next() end

function Node:__tostring() end

M.Node = Node

local Inner = setmetatable({}, { __index = Node })
setmetatable(Inner, { __index = Node, __call = function(_, x) return x end })
function Inner:work() end

if not table.unpack then
  function M.unpack(t) end
end

return M
