export const load = () => ({ later: new Promise((resolve) => setTimeout(resolve, 20, 'streamed')) })
