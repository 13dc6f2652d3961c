/** The most bytes of a question: of its definition, and of its arguments. */
export const LANGUAGE_BOUNDS = { expert: 4096, input: 1024 * 1024 }
