import { Form } from 'react-router'

export async function action({ request }) {
  return { name: (await request.formData()).get('name') }
}

export default function Page({ actionData }) {
  return (
    <>
      {actionData && <p id="sent">{actionData.name}</p>}
      <Form method="post">
        <input name="name" />
        <button>send</button>
      </Form>
    </>
  )
}
