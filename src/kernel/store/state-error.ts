/** The machine's directory can't be used: one line for the user, who may have to repair it or boot a new machine. */
export class StateError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StateError'
  }
}
