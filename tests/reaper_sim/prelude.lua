-- Builds the globals `reaper` and `gfx` of one script. The simulation calls this chunk with:
-- dispatch(name, ...) -> ok, results...;  handle_of(serial) -> userdata;  functions: 'name:handle positions ...';
-- gfx_event(name, ...), called for what a script draws and asks of its window; sample: any object of the
-- simulation, whose metatable all of them share; length_of(object), for `#`; refuses(what, name, name): whether the
-- system's own file functions fail.
local dispatch, handle_of, functions, gfx_event, sample, length_of, refuses = ...

local handles = {}

local function as_handle(serial)
  if math.type(serial) ~= 'integer' then return serial end
  if not handles[serial] then handles[serial] = handle_of(serial) end
  return handles[serial]
end

local function passed(ok, ...)
  if ok then return ... end
  error((...), 2)
end

local function passed_handle(ok, first, ...)
  if ok then return as_handle(first), ... end
  error(first, 2)
end

local function passed_handles(positions, ok, ...)
  if not ok then error((...), 2) end
  local values = table.pack(...)
  for _, position in ipairs(positions) do values[position] = as_handle(values[position]) end
  return table.unpack(values, 1, values.n)
end

reaper = {}
for name, listed in functions:gmatch('([%w_.{}]+):(%S*)') do
  local positions = {}
  for position in listed:gmatch('%d+') do positions[#positions + 1] = tonumber(position) end
  if #positions == 0 then
    reaper[name] = function(...) return passed(dispatch(name, ...)) end
  elseif #positions == 1 and positions[1] == 1 then
    reaper[name] = function(...) return passed_handle(dispatch(name, ...)) end
  else
    reaper[name] = function(...) return passed_handles(positions, dispatch(name, ...)) end
  end
end

gfx = {
  r = 1, g = 1, b = 1, a = 1, a2 = 1, mode = 0, dest = -1, x = 0, y = 0, w = 0, h = 0, texth = 16, clear = 0,
  mouse_x = 0, mouse_y = 0, mouse_cap = 0, mouse_wheel = 0, mouse_hwheel = 0, ext_retina = 0,
}

local function silent(name)
  gfx[name] = function() return 0 end
end

for name in ([[arc blit blitext blurto circle deltablit gradrect line lineto loadimg muladdrect rectto
  roundrect setcursor setimgdim setpixel transformblit triangle setfont]]):gmatch('%S+') do silent(name) end

local dock, chars, open, left, top = 0, {}, false, 100, 100

function gfx.init(name, width, height, dockstate, x, y)
  if not open then
    gfx.w, gfx.h = math.floor(width or gfx.w), math.floor(height or gfx.h)
    dock, left, top = math.floor(dockstate or dock), math.floor(x or left), math.floor(y or top)
  end
  open = true
  gfx_event('init', name or '', gfx.w, gfx.h, dock, left, top)
  return 1
end

function gfx.set(r, g, b, a) gfx.r, gfx.g, gfx.b, gfx.a = r, g or r, b or r, a or 1 return 0 end
function gfx.rect(x, y, w, h) gfx_event('rect', x, y, w, h, gfx.r, gfx.g, gfx.b) return 0 end
function gfx.update() gfx_event('update') return 0 end

function gfx.quit()
  open = false
  gfx_event('quit')
end

function gfx.dock(value, x)
  if value and value >= 0 then dock = math.floor(value) end
  if x == nil then return dock end
  return dock, left, top, gfx.w, gfx.h
end
function gfx.getchar() return open and (table.remove(chars, 1) or 0) or -1 end
function gfx.getfont() return 1, 'Arial', 12 end
function gfx.getimgdim() return 0, 0 end
function gfx.getpixel() return 0, 0, 0 end
function gfx.getdropfile() return 0 end
function gfx.measurestr(text) return 8 * #tostring(text), gfx.texth end
function gfx.measurechar() return 8, gfx.texth end
function gfx.clienttoscreen(x, y) return x, y end
function gfx.screentoclient(x, y) return x, y end
function gfx.showmenu(text) return gfx_event('showmenu', text) or 0 end

function gfx.drawstr(text)
  gfx_event('text', tostring(text), gfx.x, gfx.y)
  gfx.x = gfx.x + 8 * #tostring(text)
  return 1
end
function gfx.drawchar(code) return gfx.drawstr(utf8.char(math.floor(code))) end
function gfx.drawnumber(value, digits) return gfx.drawstr(string.format('%.' .. math.floor(digits) .. 'f', value)) end
function gfx.printf(format, ...) return gfx.drawstr(string.format(format, ...)) end

for _, name in ipairs { 'rename', 'remove' } do
  local real = os[name]
  os[name] = function(first, second)
    if refuses(name, first, second or '') then return nil, first .. ': No such file or directory', 2 end
    return real(first, second)
  end
end

local real_getenv = os.getenv
function os.getenv(name)
  local value = real_getenv(name)
  return value and (refuses('getenv', value, '') and value:gsub('[\128-\255]+', '?') or value)
end

local shared = debug.getmetatable(sample)
shared.__name = nil
function shared.__len(object) return length_of(object) end

python = nil

-- The user's hands: keys, the mouse, the window's close button.
return function(what, value, other)
  if what == 'char' then chars[#chars + 1] = value end
  if what == 'close' then open = false end
  if what == 'mouse' then gfx.mouse_x, gfx.mouse_y = value, other end
  if what == 'cap' then gfx.mouse_cap = value end
  if what == 'move' then left, top = value, other end
  if what == 'size' then gfx.w, gfx.h = value, other end
  if what == 'retina' then gfx.ext_retina = value end
end
