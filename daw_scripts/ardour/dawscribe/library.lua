-- Loads the modules of lib/, which are written for `require`; Ardour has none.

return function(folder)
  local loaded = {}
  local environment = setmetatable({}, { __index = _G })

  local function library(name)
    if loaded[name] == nil then
      loaded[name] = assert(loadfile(folder .. 'lib/' .. name .. '.lua', 't', environment))()
    end
    return loaded[name]
  end

  environment.require = library
  return library
end
