-- Sends the selection to the daemon.

local app = ...
local request = {}

local NO_DAEMON = "dawscribe is not running and cannot be started; run 'dawscribe setup ardour', then transcribe again."
local READY = 'The notes are ready; they are inserted as soon as the transport stops.'

local function item(span, rate)
  return {
    name = span.name,
    track = span.track,
    position = span.position,
    length = span.length,
    rate = rate,
    tempo_table = app.tempo_table.build(span.position, span.length),
    audio = {
      path = span.channels[1].path,
      start_s = span.source_start / rate,
      length_s = span.length / rate,
      gain = span.gain,
      channels = span.channels,
    },
  }
end

local function hand_in(id, spans, options, insertion)
  local rate, items = math.tointeger(Session:nominal_sample_rate()), {}
  for index, span in ipairs(spans) do
    app.rendering.prepare(span, id, index, rate)
    items[index] = item(span, rate)
  end
  app.pending.add(id)
  local ok, reason = app.spool:submit({
    protocol = app.spool.PROTOCOL,
    id = id,
    host = 'ardour',
    project = Session:path(),
    session = app.pending.session(),
    items = items,
    options = options,
    insertion = insertion,
  })
  if not ok then app.spool:complain(reason) end
end

local function submit(spans, options, insertion)
  if not app.spool:can_work() then app.messages.refuse(NO_DAEMON) end
  local id = app.spool:fresh_id()
  local ok, reason = pcall(hand_in, id, spans, options, insertion)
  if ok then return end
  app.rendering.clean(id)
  pcall(app.pending.remove, id)
  error(reason, 0)
end

-- Writes a request for what is selected and remembers it for this session; the hook starts the daemon where it sleeps.
function request.send(options)
  submit(app.selection.spans(), options)
end

-- Whether a job was made of these very spans.
local function is_of(id, spans)
  local sent = app.spool:asked(id)
  local items = sent and type(sent.items) == 'table' and sent.items or {}
  if #items ~= #spans then return false end
  for index, span in ipairs(spans) do
    local one = items[index]
    local same = one.position == span.position and one.length == span.length
    if not same or type(one.track) ~= 'table' or one.track.id ~= span.track.id then return false end
  end
  return true
end

-- Asks for the progress window, unless the press is the second half of a double click.
local function ask_progress(id)
  if os.time() - app.spool.asked_at(id) > 1 then app.pending.ask_progress() end
end

-- The button: sends what is selected. Where that is in work already, or nothing is selected while something is, the
-- user wants to know how far it is.
function request.press()
  local found, spans = pcall(app.selection.spans)
  for _, id in ipairs(app.pending.ids()) do
    local status = app.spool:progress_of(id)
    if status and (not found or is_of(id, spans)) then
      if not app.spool.is_final(status) then return ask_progress(id) end
      if status.state == 'done' and not app.insert.possible() then return app.messages.show(READY) end
    end
  end
  if not found then error(spans, 0) end
  submit(spans, {})
end

-- The other button: asks for the options, then sends what is selected.
function request.ask()
  local spans = app.selection.spans()
  local options, insertion = app.options.ask()
  if options then submit(spans, options, insertion) end
end

return request
