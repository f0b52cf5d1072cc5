import type { VirtualObject } from './run.ts'

/** struct task_struct of the process that a program runs in. What's in it is not simulated. */
export class TaskObject implements VirtualObject {
  load(): boolean {
    return false
  }

  store(): boolean {
    return false
  }
}
