-- Sends the selection to the daemon.

local app = ...
local request = {}

local NO_DAEMON = "dawscribe is not running and cannot be started; run 'dawscribe setup ardour', then transcribe again."

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

-- Writes a request for what is selected and remembers it for this session; starts the daemon where it sleeps.
function request.send(options)
  local spans = app.selection.spans()
  local rate = math.tointeger(Session:nominal_sample_rate())
  if not app.spool:daemon_runs() and not app.spool:start_daemon() then app.messages.refuse(NO_DAEMON) end
  local id, items = app.spool:fresh_id(), {}
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
  })
  if not ok then
    app.pending.remove(id)
    app.spool:complain(reason)
  end
end

return request
