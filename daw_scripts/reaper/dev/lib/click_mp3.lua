-- A second of silence at 16 kHz with a click at sample 8000, as an MP3 of LAME's by libsndfile (soundfile.write(path,
-- samples, 16000, format='MP3')), in base 64. libsndfile itself reads the click's peak at sample 8006.

local TEXT = [[
//OIxAAAAAAAAAAAAFhpbmcAAAAPAAAAHgAABjAABwcHDg4OFRUVHBwcHCMjIyoqKjExMTE4ODhAQEBHR0dHTk5OVVVVXFxcXGNjY46OjpycnJyjo6Oq
qqqxsbGxuLi4wMDAx8fHx87OztXV1dzc3Nzj4+Pq6urx8fHx+Pj4////AAAACkxBTUUzLjEwMAQrAAAAAAAAAAAVCCQCwCEAAZoAAAYwT6qWiQAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//MYxAAAAANIAAAAAExBTUUzLjEwMFVVVVVVVVVVVVVVVUxB//MYxBcAAANIAAAAAE1FMy4xMDBVVVVV
VVVVVVVVVVVVVUxB//MYxC4AAANIAAAAAE1FMy4xMDBVVVVVVVVVVVVVVVVVVQaD//MYxEUAAANIAAAAAILA0PA0CAsGAQAAD/irXzpGGTFykv/J//MY
xFwAAANIAAAAAD7PuoQN/Mo/0eGSGyksn7tJ//hwAKrr//MYxHMAAANIAAAAANzCSPzfkmjn56v//MFQBEQBCQAAYGDe//MYxIoAAANIAAAAADjo7WPY
4rgE52TX///bu09XckgQ3dUE//MYxKEAAANIAAAAAMnjqNuwINPk4MQhL////jGNvPvDOQPD//MYxLgAAANIAAAAABnJkIKcxbCkCBEPAb////+F23L5
iWPw//MYxM8AAANIAAAAADoDgkDDDQIiAPjDQBzGMSTCwTf///////MYxOYAAANIAAAAAOPxdx45FH4oZfLzJEHTH4cjJMSjKYaj//MYxOgAAANIAAAA
AA7FcBLKZGkWYFg4ZPhH////////lhrn//MYxOgAAANIAAAAAHnefvPzE4eggiDGANDAURzD0CzBUFxC//MYxOgAAANIAUAAAAElgSgCGAMYTA4quXIn
wACoKjAaOg0H//NoxP88im5+X53oAEqCywVO8GgapiUFYaiI9TBX/EVQdtlQVdxE/WCsFZY9/+IqTEFNRTMuMTAwqqqqqqqqqqqqTEFNRTMuMTAwqqqq
qqqqqqqqqqqqqqpMQU1FMy4xMDCqqqqqqqqqqqqqqqqqqkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqTEFNRTMuMTAwqqqqqqqqqqqqqqqqqqpMQU1FMy4x
MDCqqqqqqqqqqqqqqqqqqkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqTEFNRTMuMTAwqqqq//MoxNcLoAbUP8AAAKqqqqqqqqqqqqqqTEFNRTMuMTAwqqqq
qqqqqqqqqqqqqqpMQU1FMy4xMDCqqqqqqqqqqqqqqqqqqkxB//MYxOMAAANIAAAAAE1FMy4xMDCqqqqqqqqqqqqqqqqqqkxB//MYxOgAAANIAAAAAE1F
My4xMDCqqqqqqqqqqqqqqqqqqkxB//MYxOgAAANIAAAAAE1FMy4xMDCqqqqqqqqqqqqqqqqqqkxB//MYxOgAAANIAAAAAE1FMy4xMDCqqqqqqqqqqqqq
qqqqqqqq//MYxOgAAANIAAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MYxOgAAANIAAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MYxOgAAANI
AAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MYxOgAAANIAAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MYxOgAAANIAAAAAKqqqqqqqqqqqqqq
qqqqqqqqqqqqqqqq//MYxOgAAANIAAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MYxOgAAANIAAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MY
xOgAAANIAAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MYxOgAAANIAAAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq//MYxOgAAANIAAAAAKqqqqqq
qqqqqqqqqqqqqqqqqqqqqqqq
]]

local SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

-- The file's bytes.
return function()
  local bits, count, bytes = 0, 0, {}
  for sign in TEXT:gmatch('[%w+/]') do
    bits, count = (bits << 6) | (SIGNS:find(sign, 1, true) - 1), count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char((bits >> count) & 255)
      bits = bits & ((1 << count) - 1)
    end
  end
  return table.concat(bytes)
end
