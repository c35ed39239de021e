---@meta

---@class Animal
---@field name string The name
---@field private age? integer
---@field legs number
local Animal = {}
Animal.__index = Animal

---@class Dog<T> : Animal, Pet
---@deprecated
local Dog = setmetatable({}, Animal)

---Barks.
---@param loud boolean How loud
---@param times? integer
---@param callback fun(x: integer): string # called
---@return string sound The sound
---@return integer
---@nodiscard
---@async
function Dog:bark(loud, times, callback) end

---@generic T: table, K
---@param t T
---@protected
function Dog.map(t) end

---@package
function Dog.pack() end

---@private
function Dog.secret() end

---@type table<string, integer>
local cache = {}

---@enum Color
local Color = { RED = 1 }

local function exported() end
local function renamed() end
local function stays() end

return {
  Dog = Dog,
  exported = exported,
  other = renamed,
  Color = Color,
  --- Written in place.
  inline = function(a) return a end,
}
