/** `cloudflare:email`: NANO neither takes nor sends mail. */

// oxlint-disable-next-line typescript/no-extraneous-class -- there for who only imports it
export class EmailMessage {
  constructor() {
    throw new Error(
      'EmailMessage of cloudflare:email is not there in NANO: send mail through a service with fetch()',
    )
  }
}
