import type { Unit, Verdict } from './verdict.ts'

/** Kernels that say from when on something loads: those of the package and those that are asked, the oldest first. */
export interface KernelChoice {
  byAge: readonly string[]
  /** A kernel's version of Linux, to be compared with theirs: major and minor. */
  version(kernel: string): readonly [major: number, minor: number]
}

const isNewer = (a: readonly [number, number], b: readonly [number, number]) =>
  a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])

/** The kernels by the age of what they are built from; each once. */
export function kernelChoice(kernels: readonly string[], version: KernelChoice['version']): KernelChoice {
  const order = (kernel: string) => version(kernel)[0] * 1000 + version(kernel)[1]
  return { byAge: [...new Set(kernels)].sort((a, b) => order(a) - order(b)), version }
}

const keyOf = (object: string, program: string | null, kernel: string) => JSON.stringify([object, program, kernel])

/** What must be found out besides, to tell of each failure from which kernel on there is none. */
export function newerKernels(verdicts: readonly Verdict[], { byAge, version }: KernelChoice): Unit[] {
  const known = new Set(verdicts.map(({ object, program, kernel }) => keyOf(object, program, kernel)))
  const wanted = new Map<string, Map<string, Set<string>>>()
  for (const { object, program, kernel, failure } of verdicts) {
    if (failure === null || program === null) continue
    for (const newer of byAge) {
      if (!isNewer(version(newer), version(kernel)) || known.has(keyOf(object, program, newer))) continue
      const kernels = wanted.get(object) ?? new Map<string, Set<string>>()
      wanted.set(object, kernels)
      kernels.set(newer, (kernels.get(newer) ?? new Set<string>()).add(program))
    }
  }
  return [...wanted].flatMap(([object, kernels]) =>
    [...kernels].map(([kernel, programs]) => ({ object, kernel, programs: [...programs] })),
  )
}

/** The verdicts, each failure with the first newer kernel that has none. */
export function sinceKernels(
  verdicts: readonly Verdict[],
  later: readonly Verdict[],
  { byAge, version }: KernelChoice,
): Verdict[] {
  const loads = new Set(
    [...verdicts, ...later]
      .filter(({ failure }) => failure === null)
      .map(({ object, program, kernel }) => keyOf(object, program, kernel)),
  )
  return verdicts.map((verdict) => {
    const { object, program, kernel, failure } = verdict
    if (failure === null) return verdict
    const first = byAge.find(
      (each) => isNewer(version(each), version(kernel)) && loads.has(keyOf(object, program, each)),
    )
    return { ...verdict, since: first ?? null }
  })
}
