import { Links, Meta, Outlet, Scripts, ScrollRestoration } from 'react-router'

import './root.css'

export function Layout({ children }) {
  return (
    <html lang="en">
      <head>
        <Meta />
        <Links />
      </head>
      <body>
        {children}
        <ScrollRestoration />
        <Scripts />
      </body>
    </html>
  )
}

export default function Root() {
  return <Outlet />
}

export function ErrorBoundary({ error }) {
  return <h1>{error.status === 404 ? 'nothing here' : 'an error'}</h1>
}
