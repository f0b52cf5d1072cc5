/** The machine's directory can't be used: one line for the user, who may have to repair it or boot a new machine. */
export class StateError extends Error {
  /** The directory, where one was being opened. */
  directory: string | undefined

  constructor(message: string, directory?: string) {
    super(message)
    this.name = 'StateError'
    this.directory = directory
  }
}
