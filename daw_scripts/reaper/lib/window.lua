-- The small dockable window of a running job: stage, bar, time left, device, Cancel.

local window = {}

local WIDTH, HEIGHT, MARGIN, LINE = 380, 136, 14, 17
local BUTTON_WIDTH, BUTTON_HEIGHT = 84, 26
local SECTION = 'dawscribe'

-- The user's words for the daemon's stages.
local STAGES = {
  queued = 'Waiting', read = 'Reading audio', separate = 'Separating stems', transcribe = 'Listening for notes',
  score = 'Writing the score', insert = 'Inserting', start = 'Starting dawscribe', item = 'Reading the item',
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

local function write(x, y, text, bright)
  gfx.x, gfx.y = x, y
  local shade = bright and 0.92 or 0.62
  gfx.set(shade, shade, shade, 1)
  gfx.drawstr(text)
end

-- The text in lines that end left of the button.
local function lines_of(text)
  local lines, width = { '' }, gfx.w - 3 * MARGIN - BUTTON_WIDTH
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

local function bar(fraction)
  local width = gfx.w - 2 * MARGIN
  gfx.set(0.27, 0.28, 0.30, 1)
  gfx.rect(MARGIN, 40, width, 12, 1)
  gfx.set(0.35, 0.66, 0.56, 1)
  gfx.rect(MARGIN, 40, math.floor(width * math.max(0, math.min(1, fraction or 0))), 12, 1)
end

local function button(state)
  local x, y = gfx.w - MARGIN - BUTTON_WIDTH, gfx.h - MARGIN - BUTTON_HEIGHT
  local right, bottom = x + BUTTON_WIDTH, y + BUTTON_HEIGHT
  local inside = gfx.mouse_x >= x and gfx.mouse_x < right and gfx.mouse_y >= y and gfx.mouse_y < bottom
  local shade = inside and 0.42 or 0.34
  gfx.set(shade, shade, shade, 1)
  gfx.rect(x, y, BUTTON_WIDTH, BUTTON_HEIGHT, 1)
  write(x + 16, y + 5, 'Cancel', true)
  local down = gfx.mouse_cap & 1 == 1
  local clicked = state.was_down and not down and inside
  state.was_down = down
  return clicked
end

-- Below the bar: what the user has to know instead of the time left, or the time left.
local function details(status, notice)
  if not notice then
    write(MARGIN, 60, time_text(status.eta_s) .. notes_text(status.notes), false)
    return write(MARGIN, 82, tostring(status.device or ''), false)
  end
  for number, line in ipairs(lines_of(notice)) do write(MARGIN, 60 + LINE * (number - 1), line, false) end
end

-- Opens it where the user left it, docked or not. `draw` returns 'cancel' or 'closed' when the user asks for that.
function window.open(title)
  local dock = tonumber(reaper.GetExtState(SECTION, 'window_dock')) or 0
  gfx.init('dawscribe: ' .. title, WIDTH, HEIGHT, dock)
  gfx.setfont(1, 'Arial', 15)
  local state, shown = { was_down = false }, {}
  function shown.draw(status, notice)
    local key = gfx.getchar()
    if key < 0 then return 'closed' end
    gfx.set(0.17, 0.18, 0.20, 1)
    gfx.rect(0, 0, gfx.w, gfx.h, 1)
    write(MARGIN, MARGIN, STAGES[status.stage] or STAGES[status.state] or tostring(status.stage), true)
    bar(status.fraction)
    details(status, notice)
    local cancel = button(state) or key == 27
    gfx.update()
    return cancel and 'cancel' or nil
  end
  function shown.close()
    reaper.SetExtState(SECTION, 'window_dock', tostring(math.floor((gfx.dock(-1)))), true)
    gfx.quit()
  end
  return shown
end

return window
