/** What one kernel version is: placeholder until profiles are there. */
export interface Profile {
  readonly name: string
  readonly release: string
  readonly version: string
  readonly machine: string
  readonly vmlinuxBtfSize: number
  config(): Uint8Array
  sysctl(name: string): string | undefined
  vmlinuxBtf(): Uint8Array
  symbol(name: string): bigint | undefined
  kallsyms(): string
}

export function loadProfile(name: string): Profile {
  return {
    name,
    release: '6.18',
    version: '#1 SMP',
    machine: 'x86_64',
    vmlinuxBtfSize: 0,
    config: () => new Uint8Array(0),
    sysctl: () => undefined,
    vmlinuxBtf: () => new Uint8Array(0),
    symbol: () => undefined,
    kallsyms: () => '',
  }
}
