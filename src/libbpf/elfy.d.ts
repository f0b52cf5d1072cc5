/** The parts of package elfy that are used here; it has no types of its own. */
declare module 'elfy' {
  export interface ElfyHeader {
    class: '32' | '64'
    endian: 'lsb' | 'msb'
    shoff: number
    shentsize: number
    shnum: number
    shstrndx: number
  }
  export interface ElfySection {
    name: number
    off: number
    size: number
    link: number
    info: number
    data: Uint8Array
  }
  export class Parser {
    parseHeader(bytes: Uint8Array): ElfyHeader
    parseSections(bytes: Uint8Array, header: ElfyHeader): ElfySection[]
  }
  const elfy: { Parser: typeof Parser }
  export default elfy
}
