/** `cloudflare:email`: NANO neither takes nor sends mail. */

export class EmailMessage {
  constructor() {
    throw new Error(
      'EmailMessage of cloudflare:email is not there in NANO: send mail through a service with fetch()',
    )
  }
}
