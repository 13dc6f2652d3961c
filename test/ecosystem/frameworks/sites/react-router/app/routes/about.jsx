export const meta = () => [{ title: 'About' }]

export default function About() {
  return <h1>made at build time</h1>
}
