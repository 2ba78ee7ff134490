-- Puts the parts together. Called with this folder's path; returns what the action and the hook call.
-- Ardour has neither `require` nor `dofile`, so each module is a chunk that is handed the table of all others, and
-- the modules shared with other DAWs' scripts get a `require` of their own.

local folder = ...
local app = {}

local function module(name)
  return assert(loadfile(folder .. name .. '.lua'))(app)
end

-- What the installer wrote down: the version of these scripts, and dawscribe's home.
local function installed()
  local record = app.json.decode(app.files:read(folder .. 'installed.json') or '')
  return type(record) == 'table' and record or {}
end

app.library = module('library')(folder)
app.json = app.library('json')
app.files = app.library('files').new(io, os)
app.installed = installed()
app.version = app.installed.version or 'unknown'
app.spool = module('spool')
app.messages = module('messages')
app.tempo_table = module('tempo_table')
app.audible_regions = module('audible_regions')
app.selection = module('selection')
app.rendering = module('rendering')
app.pending = module('pending')
app.options = module('options')
app.request = module('request')
app.plan = module('plan')
app.tracks = module('tracks')
app.fit = module('fit')
app.placed = module('placed')
app.update = module('update')
app.insert = module('insert')
app.progress = module('progress')
app.daemon = module('daemon')
app.job_outcome = module('job_outcome')
app.review = module('review')
app.hook = module('hook')

-- The toolbar button, menu entry or key; `with_options` for the one that asks first.
function app.action(with_options)
  app.messages.guard(function()
    if with_options then app.request.ask() else app.request.press() end
  end)
end

-- The button that opens the review page.
function app.open_review()
  app.messages.guard(app.review.open)
end

-- Ardour's timer, ten times a second.
function app.tick()
  app.hook.tick()
end

return app
