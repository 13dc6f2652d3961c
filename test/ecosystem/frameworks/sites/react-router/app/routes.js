import { index, route } from '@react-router/dev/routes'

export default [
  index('routes/home.jsx'),
  route('about', 'routes/about.jsx'),
  route('form', 'routes/form.jsx'),
  route('stream', 'routes/stream.jsx'),
  route('api/echo', 'routes/echo.js'),
]
