-- The small dockable window of a running job: stage, bar, time left, device, what is to be known, and its buttons. It
-- takes no keys: whoever works on goes on working.

local window = {}

-- Pixels at a scale of 1.
local WIDTH, HEIGHT, MARGIN, LINE = 400, 140, 14, 18
local BUTTON_WIDTH, BUTTON_HEIGHT, FONT = 84, 26, 15
local SECTION, PLACE = 'dawscribe', 'window_place'

-- Windows of further jobs stand this far from the first one's place.
local STEP = 28

-- Keys that mean REAPER and not this window: Space plays and stops.
local SPACE, PLAY_STOP = 32, 40044

-- The user's words for the daemon's stages.
local STAGES = {
  queued = 'Waiting', read = 'Reading audio', separate = 'Separating stems', transcribe = 'Listening for notes',
  score = 'Writing the score', insert = 'Inserting', start = 'Starting dawscribe', item = 'Reading the item',
  recording = 'Ready: goes into the project after the recording', done = 'Done', failed = 'Not transcribed',
  question = 'Ready',
}

local function time_text(seconds)
  if type(seconds) ~= 'number' then return '' end
  if seconds < 60 then return ('about %d s left'):format(math.ceil(seconds)) end
  return ('about %d min left'):format(math.ceil(seconds / 60))
end

local function notes_text(count)
  if type(count) ~= 'number' or count < 1 then return '' end
  return ('   %d notes so far'):format(math.floor(count))
end

-- Screens of twice the points per inch draw in twice the pixels (macOS says so; elsewhere REAPER's theme does).
local function scale()
  if gfx.ext_retina >= 1 then return gfx.ext_retina end
  local dpi = reaper.ThemeLayout_GetLayout and tonumber(select(2, reaper.ThemeLayout_GetLayout('tcp', -3)))
  return dpi and dpi > 256 and dpi / 256 or 1
end

local function write(x, y, text, bright)
  gfx.x, gfx.y = x, y
  local shade = bright and 0.92 or 0.62
  gfx.set(shade, shade, shade, 1)
  gfx.drawstr(text)
end

-- The text in lines of a width.
local function lines_of(text, width)
  local lines = { '' }
  for word in text:gmatch('%S+') do
    local last = lines[#lines]
    if last == '' then
      lines[#lines] = word
    elseif gfx.measurestr(last .. ' ' .. word) <= width then
      lines[#lines] = last .. ' ' .. word
    else
      lines[#lines + 1] = word
    end
  end
  return lines
end

local methods = {}

function methods:bar(fraction)
  local s, width = self.scale, gfx.w - 2 * MARGIN * self.scale
  gfx.set(0.27, 0.28, 0.30, 1)
  gfx.rect(MARGIN * s, 40 * s, width, 12 * s, 1)
  gfx.set(0.35, 0.66, 0.56, 1)
  gfx.rect(MARGIN * s, 40 * s, math.floor(width * math.max(0, math.min(1, fraction or 0))), 12 * s, 1)
end

-- One button, the `place`th from the right; whether it was clicked.
function methods:button(label, place, pressed, released)
  local s = self.scale
  local x = gfx.w - (MARGIN + BUTTON_WIDTH + (place - 1) * (BUTTON_WIDTH + 8)) * s
  local y = gfx.h - (MARGIN + BUTTON_HEIGHT) * s
  local right, bottom = x + BUTTON_WIDTH * s, y + BUTTON_HEIGHT * s
  local inside = gfx.mouse_x >= x and gfx.mouse_x < right and gfx.mouse_y >= y and gfx.mouse_y < bottom
  local shade = inside and 0.42 or 0.34
  gfx.set(shade, shade, shade, 1)
  gfx.rect(x, y, BUTTON_WIDTH * s, BUTTON_HEIGHT * s, 1)
  write(x + (BUTTON_WIDTH * s - gfx.measurestr(label)) / 2, y + 5 * s, label, true)
  if pressed and inside then self.armed = label end
  return released and inside and self.armed == label
end

-- The label of the clicked button, or nil.
function methods:buttons(labels)
  local down = gfx.mouse_cap & 1 == 1
  local pressed, released, clicked = down and not self.was_down, self.was_down and not down, nil
  for place, label in ipairs(labels) do
    if self:button(label, place, pressed, released) then clicked = label end
  end
  self.was_down = down
  if released then self.armed = nil end
  return clicked
end

-- Below the bar: what the user has to know instead of the time left, or the time left.
function methods:details(status, notice, buttons)
  local s = self.scale
  local y = (status.fraction and 60 or 40) * s
  if not notice then
    write(MARGIN * s, y, time_text(status.eta_s) .. notes_text(status.notes), false)
    return write(MARGIN * s, y + 22 * s, tostring(status.device or ''), false)
  end
  -- Lines end left of the buttons.
  local width = gfx.w - (2 * MARGIN + #buttons * (BUTTON_WIDTH + 8)) * s
  for _, line in ipairs(lines_of(notice, width)) do
    write(MARGIN * s, y, line, false)
    y = y + LINE * s
  end
end

-- Draws a picture. `status` has a stage, a fraction or none, and so on; `notice` is a sentence or nil; `buttons` are
-- labels from right to left. Returns the clicked label, 'closed', or nil.
function methods:draw(status, notice, buttons)
  local key = gfx.getchar()
  if key < 0 then return 'closed' end
  if key == SPACE then reaper.Main_OnCommand(PLAY_STOP, 0) end
  local s = scale()
  if s ~= self.scale then
    self.scale = s
    gfx.setfont(1, 'Arial', math.floor(FONT * s))
  end
  gfx.set(0.17, 0.18, 0.20, 1)
  gfx.rect(0, 0, gfx.w, gfx.h, 1)
  local stage = STAGES[status.stage] or STAGES[status.state] or tostring(status.stage)
  write(MARGIN * s, MARGIN * s, stage, true)
  if status.fraction then self:bar(status.fraction) end
  self:details(status, notice, buttons)
  local clicked = self:buttons(buttons)
  gfx.update()
  return clicked
end

-- How many windows of other jobs are open now.
local function count(change)
  local now = math.max(0, (tonumber(reaper.GetExtState(SECTION, 'windows')) or 0) + change)
  reaper.SetExtState(SECTION, 'windows', tostring(now), false)
  return now
end

function methods:close()
  local dock, x, y, width, height = gfx.dock(-1, 0, 0, 0, 0)
  -- Only the first window's place is the user's; the others stand beside it.
  if count(-1) == 0 then
    reaper.SetExtState(SECTION, PLACE, ('%d %d %d %d %d'):format(dock // 1, x // 1, y // 1, width // 1, height // 1), true)
  end
  gfx.quit()
end

-- Gives the keyboard back to where it was: a new window takes it.
local function give_focus_back()
  if reaper.JS_Window_SetFocus and reaper.GetMainHwnd then reaper.JS_Window_SetFocus(reaper.GetMainHwnd()) end
  reaper.SetCursorContext(1)
end

-- Opens it where the user left it, in the size and the dock it had.
function window.open(title)
  local place = {}
  for number in reaper.GetExtState(SECTION, PLACE):gmatch('-?%d+') do place[#place + 1] = tonumber(number) end
  local shift = count(1) * STEP - STEP
  if #place == 5 then
    gfx.init('dawscribe: ' .. title, place[4], place[5], place[1], place[2] + shift, place[3] + shift)
  else
    local s = scale()
    gfx.init('dawscribe: ' .. title, WIDTH * s, HEIGHT * s, 0)
  end
  give_focus_back()
  return setmetatable({ was_down = false, scale = 0 }, { __index = methods })
end

return window
