/** The guest of the goodput bench: so much work for each request as `ROUNDS` says. */
export default {
  fetch(_request: Request, env: { ROUNDS: string }): Response {
    let sum = 0
    for (let i = Number(env.ROUNDS); i > 0; i--) sum += i % 7
    return new Response(String(sum))
  },
}
