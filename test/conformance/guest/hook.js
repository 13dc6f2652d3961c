// evaluated in the guest, after the test harness: what it says goes to the worker
;(() => {
  const guest = globalThis.wptGuest
  guest.timeout = globalThis.timeout
  globalThis.add_test_state_callback(() => {
    guest.started = true
  })
  globalThis.add_completion_callback((tests, status) =>
    guest.finish(
      tests.map((test) => [
        String(test.name),
        test.status,
        test.message === null ? '' : String(test.message),
      ]),
      status.status === 0 ? '' : `harness: ${status.message}`,
    ),
  )
})()
