-- Reads and writes JSON. Pure Lua 5.3+, no DAW calls; input is treated as hostile (depth and size are limited,
-- nothing is ever executed).

local json = {}

-- Stands for JSON null inside tables, where nil would make the key vanish.
json.null = setmetatable({}, { __tostring = function() return 'null' end })

local array_tag = {}

-- Deep enough for every message of the protocol (6 levels), shallow enough to keep Lua's own stack safe.
local MAX_DEPTH = 64

-- Marks a table as an array, so that an empty one is written as [].
function json.array(values)
  return setmetatable(values or {}, array_tag)
end

local escapes = { ['"'] = '"', ['\\'] = '\\', ['/'] = '/', b = '\b', f = '\f', n = '\n', r = '\r', t = '\t' }

local function fail(position, what)
  error({ json = string.format('%s at byte %d', what, position) }, 0)
end

local function skip_space(text, position)
  return text:find('[^ \t\r\n]', position) or #text + 1
end

local function hex4(text, position)
  local digits = text:match('^%x%x%x%x', position)
  if not digits then fail(position, 'bad \\u escape') end
  return tonumber(digits, 16)
end

local function read_unicode(text, position)
  local code = hex4(text, position)
  position = position + 4
  if code >= 0xD800 and code < 0xDC00 then
    if text:sub(position, position + 1) ~= '\\u' then fail(position, 'lonely surrogate') end
    local low = hex4(text, position + 2)
    if low < 0xDC00 or low > 0xDFFF then fail(position, 'bad surrogate pair') end
    code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
    position = position + 6
  elseif code >= 0xDC00 and code < 0xE000 then
    fail(position, 'lonely surrogate')
  end
  return utf8.char(code), position
end

local function read_string(text, position)
  local parts, start = {}, position + 1
  while true do
    local stop = text:find('[%c"\\]', start)
    if not stop then fail(position, 'unfinished string') end
    parts[#parts + 1] = text:sub(start, stop - 1)
    local char = text:sub(stop, stop)
    if char == '"' then return table.concat(parts), stop + 1 end
    if char == '\127' then
      parts[#parts + 1], start = char, stop + 1
    elseif char ~= '\\' then
      fail(stop, 'control character in string')
    elseif text:sub(stop + 1, stop + 1) == 'u' then
      parts[#parts + 1], start = read_unicode(text, stop + 2)
    else
      local plain = escapes[text:sub(stop + 1, stop + 1)]
      if not plain then fail(stop, 'bad escape') end
      parts[#parts + 1], start = plain, stop + 2
    end
  end
end

-- Letters of a number; a double has at most 24. Matching longer ones takes time by their square.
local MAX_NUMBER = 64

local function read_number(text, position)
  local token = text:sub(position, position + MAX_NUMBER):match('^-?%d+%.?%d*[eE]?[+-]?%d*')
  if token and #token > MAX_NUMBER then fail(position, 'number too long') end
  local plain = token and (token:match('^-?0$') or token:match('^-?[1-9]%d*$'))
  local float = token and (token:match('^-?%d+%.%d+$') or token:match('^-?%d+%.?%d*[eE][+-]?%d+$'))
  if not (plain or float) or token:match('^-?0%d') or token:match('%.[eE]') then fail(position, 'bad number') end
  return tonumber(token), position + #token
end

local read_value

local function read_array(text, position, depth)
  local values = json.array()
  position = skip_space(text, position + 1)
  if text:sub(position, position) == ']' then return values, position + 1 end
  while true do
    values[#values + 1], position = read_value(text, position, depth)
    position = skip_space(text, position)
    local char = text:sub(position, position)
    if char == ']' then return values, position + 1 end
    if char ~= ',' then fail(position, "expected ',' or ']'") end
    position = position + 1
  end
end

local function read_object(text, position, depth)
  local object = {}
  position = skip_space(text, position + 1)
  if text:sub(position, position) == '}' then return object, position + 1 end
  while true do
    if text:sub(position, position) ~= '"' then fail(position, 'expected a key') end
    local key
    key, position = read_string(text, position)
    position = skip_space(text, position)
    if text:sub(position, position) ~= ':' then fail(position, "expected ':'") end
    object[key], position = read_value(text, position + 1, depth)
    position = skip_space(text, position)
    local char = text:sub(position, position)
    if char == '}' then return object, position + 1 end
    if char ~= ',' then fail(position, "expected ',' or '}'") end
    position = skip_space(text, position + 1)
  end
end

local words = { t = { 'true', true }, f = { 'false', false }, n = { 'null', json.null } }

function read_value(text, position, depth)
  if depth > MAX_DEPTH then fail(position, 'nested too deeply') end
  position = skip_space(text, position)
  local char = text:sub(position, position)
  if char == '{' then return read_object(text, position, depth + 1) end
  if char == '[' then return read_array(text, position, depth + 1) end
  if char == '"' then return read_string(text, position) end
  local word = words[char]
  if word and text:sub(position, position + #word[1] - 1) == word[1] then return word[2], position + #word[1] end
  return read_number(text, position)
end

-- Text -> value, or nil and a reason. Objects and arrays become tables, null becomes json.null.
function json.decode(text)
  local ok, value, position = pcall(read_value, text, 1, 0)
  if not ok then
    if type(value) == 'table' then return nil, value.json end
    return nil, tostring(value)
  end
  position = skip_space(text, position)
  if position <= #text then return nil, 'unexpected text at byte ' .. position end
  return value
end

local function quote(text)
  local safe = text:gsub('[%c"\\\127]', function(char)
    if char == '"' or char == '\\' then return '\\' .. char end
    return string.format('\\u%04x', char:byte())
  end)
  return '"' .. safe .. '"'
end

local function write_number(value)
  if value ~= value or value == math.huge or value == -math.huge then
    error('JSON has no value for ' .. tostring(value), 3)
  end
  if math.type(value) == 'integer' then return string.format('%d', value) end
  -- %.17g brings back the same double; the dot is forced because some locales print a comma.
  return (string.format('%.17g', value):gsub(',', '.'))
end

local write_value

local function write_table(value)
  local parts = {}
  if getmetatable(value) == array_tag or #value > 0 then
    for index = 1, #value do parts[index] = write_value(value[index]) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for index, key in ipairs(keys) do parts[index] = quote(key) .. ':' .. write_value(value[key]) end
  return '{' .. table.concat(parts, ',') .. '}'
end

function write_value(value)
  local kind = type(value)
  if value == json.null or kind == 'nil' then return 'null' end
  if kind == 'string' then return quote(value) end
  if kind == 'number' then return write_number(value) end
  if kind == 'boolean' then return tostring(value) end
  if kind == 'table' then return write_table(value) end
  error('JSON has no value for a ' .. kind, 2)
end

-- Value -> text; keys are sorted, so equal values give equal text.
function json.encode(value)
  return write_value(value)
end

return json
