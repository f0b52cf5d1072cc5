import { isSince } from '../profile/release.ts'

/**
 * What versions of Linux changed in what the verifier finds out and says. A fact stands here once, with the first version
 * that has it (profile/release.ts); the rules ask for it by its name. Facts of 6.18's stable releases come first.
 */

const since = {
  /** sync_linked_regs leaves a register its own id, and so its link (af9e89d8dd39). */
  linkKeepsId: '6.18.14',
  /** Byte swaps keep what's known of the bits (9d2119984224). */
  byteSwapsTracked: '6.18.17',
  /** Bits and unsigned bounds that have one number in common are that number (efc11a667878). */
  onlyValueFound: '6.18.17',
  /** Of linked registers, only those that are alive are noted (2658a1720a19). */
  onlyLiveLinked: '6.18.17',
  /** A byte swap ends links (a3125bc01884). */
  byteSwapEndsLink: '6.18.21',
  /** 32-bit signed bounds that cross the sign are refined by the unsigned ones (fbc7aef517d8): in 6.12 not later than this. */
  sign32CrossingRefined: '6.12.117 6.18.21',
  /** An exception must leave no lock behind, from whatever function it's thrown (6c2128505f61). */
  throwsHoldNothing: '6.18.21',
  /** Links by subtraction and by 32-bit additions too, and bounds made consistent after each (7a433e519364). */
  linksOfAllWidths: '6.18.33',
  /** A number that wasn't linked is as safe as one that is; links must come from the same number (b0388bafa494). */
  unlinkedCoversLinked: '6.18.33',
  /** A word that is shifted to the upper half keeps its signed bounds, negative ones too: not later than these. */
  shiftedWordKeepsBounds: '6.12.117 6.18.44',
  /** A write at a varying offset makes bytes of what's left of a spilled register: not later than this. */
  varOffWriteScrubs: '6.18.44',
  /** A packet load in a function may leave it with zero (ee861486e377): after 6.18.33, not later than this. */
  packetLoadsReturn: '6.18.44',
  /**
   * A field of struct bpf_sock_ops that is loaded over the context is zero without its socket, not a part of the context:
   * after 6.18.15, not later than this.
   */
  opsZeroOverContext: '6.18.44',
  /** Whatever is computed with an arena's pointer is one, on either side: not later than these. */
  arenaFromEither: '6.12.117 6.18.44',
  /** A sign shifted down is followed as 0 and as -1 where a constant is put to it: not later than these. */
  signsFork: '6.12.117 6.18.44',
  /** What may be null is no buffer again: not later than these. */
  buffersNeverNull: '6.1.176 6.12.117 6.18.44',
  /** Whether a pointer may be null is a flag of its type; of buffers it was forgotten at first. */
  flagsOfTypes: '5.17',
  /** States are shown behind the instruction that led to them, not before each. */
  statesBehind: '5.17',
  /** A number is called a scalar, and what isn't so is left out of the brackets. */
  scalarsNamed: '5.18',
  /** Offsets and constants of zero are left out, maps have their names, large numbers are hexadecimal. */
  statesShort: '6.8',
  /** Source lines come with their file and number. */
  linesPlaced: '6.9',
  /** Backtracking tells of the frame it's in, and names registers and slots. */
  precisionByFrame: '6.4',
  /** At a place where paths may meet, registers that aren't alive are forgotten: not later than this. */
  deadForgotten: '7.2',
  /** Arguments are told by their registers everywhere: not later than this. */
  argsByRegister: '7.2',
  /** A pointer's fixed offset is part of its bits and bounds: not later than this. */
  offsetsInBounds: '7.2',
  /** Programs that trace may have timers and work queues: not later than this. */
  timersForTracing: '7.2',
  /** Kernel functions take trusted pointers alone, and give them: not later than this. */
  kfuncsTrusted: '7.2',
  /** Timers may be arguments of kernel functions: not later than this. */
  timersForKfuncs: '7.2',
  /** The verifier gives some kernel functions arguments that programs don't see: not later than this. */
  implicitArgs: '7.2',
  /** A context may be memory for a helper, as far as its type says: not later than this. */
  contextAsMemory: '7.2',
  /** Pointers to the kernel's may be put into objects that aren't owned: not later than this. */
  kptrsInUnowned: '7.2',
  /** What lies in a field of per-CPU pointers is per CPU: not later than these. */
  percpuKptrsOnly: '6.12.117 7.2',
  /** What was made of something is gone with it: slices with a dynptr; references must be given back before: see above. */
  derivedGoWithParent: '7.2',
  /** RCU sections may lie in each other: not later than this. */
  rcuSectionsNest: '7.2',
  /** In interrupts that can't be masked, objects aren't freed that have others: not later than this. */
  dropsNmiSafe: '7.2',
  /** Whose reference is counted must be pointed to at its beginning: not later than this. */
  countedAtBeginning: '7.2',
  /** What gives back a dynptr is told so of one that isn't initialized: not later than this. */
  dynptrReleasedAsOne: '7.2',
  /** What lies at an address may be read as untyped memory (bpf_rdonly_cast to void). */
  voidCasts: '6.17',
  /** Which registers are alive is found out, and shown, before the walk. */
  liveRegistersShown: '6.15',
  /** Which registers and slots were written since the last kept state isn't shown any more. */
  writesUnshown: '6.18',
  /** Zeros are spilled as numbers, not as bytes of zero. */
  zerosSpilled: '6.8',
  /** Stored constants are spilled numbers too. */
  constantsSpilled: '6.4',
  /** Numbers of which nothing is known are spilled too, and get an id. */
  unboundedSpilled: '6.9',
  /** Parts of numbers are spilled too. */
  narrowSpilled: '5.16',
  /** Global functions are walked after the main one, those that are called, and messages name them. */
  globalsWhenCalled: '6.8',
  /** The main function's arguments aren't compared with its context before it's walked, but by its prototype alone. */
  mainByPrototype: '6.8',
  /** Memory may be an argument of a global function, and what else may not has another message. */
  pointersToGlobals: '5.13',
  /** Other atomic operations than the addition, and their name in messages. */
  atomicsNamed: '5.12',
  /** Pointers with a negative offset have a message of their own. */
  negativeOffsets: '5.18',
  /** Bounds of both widths and signs say of each other what they can, and two ranges what they can of each other. */
  boundsDeducedAcross: '6.8',
  /** A constant decides a branch on whichever side it stands. */
  eitherConstDecides: '6.4',
  /** 64-bit signed bounds that cross the sign are refined by the unsigned ones: in 6.12 not later than this. */
  sign64CrossingRefined: '6.12.117 6.17',
  /** Sums keep their unsigned bounds where both of them overflow. */
  sumsOverflowTogether: '6.17',
  /** Products have signed bounds, and unsigned ones unless they overflow. */
  productsSigned: '6.14',
  /** What's known of a product's bits is what all its partial sums have in common. */
  productBitsUnited: '6.18',
  /** And before that, values and unknown bits are multiplied apart. */
  productBitsApart: '5.14',
  /** What is known of a number is known of its negation too. */
  negationsTracked: '6.18',
  /** Bounds that contradict each other are found out after each step. */
  boundsChecked: '6.8',
  /** And that is called a bug of the verifier. */
  boundsBugNamed: '6.16',
  /** All but shifts and divisions are worked out with an operand that isn't known; before, sums and AND alone. */
  unknownOperands: '6.10',
  /** Bit operations give signed bounds wherever the unsigned ones don't cross the sign. */
  bitsGiveSigned: '6.10',
  /** Where a bit isn't set, bounds are found anew: not later than this. */
  unsetForgetsBounds: '6.1',
  /** A pointer that equals one which isn't null isn't null either. */
  nullnessByOther: '6.2',
  /** Callbacks may give back what their callers have got. */
  callersReferences: '6.13',
  /** Ranges that have no number in common are never equal. */
  rangesNeverEqual: '6.4',
  /** Two ranges can decide a branch, not only one and a constant. */
  rangesDecide: '6.8',
  /** Who may do all may read what was never written to the stack: in 5.10 and 6.1 not later than these. */
  uninitStackAllowed: '5.10.223 6.1.176 6.3',
  /** And what the stack has no room for yet. */
  roomlessStackAllowed: '6.8',
  /** Moves extend the sign, and divisions have one. */
  signedArithmetic: '6.6',
  /** What programs of LSM hooks may return is checked, and hooks that they may not have are refused. */
  lsmReturns: '6.12',
  /** Loads that acquire and stores that release. */
  acquireRelease: '6.15',
  /** Iterators over numbers may be used while a lock is held. */
  iterationUnderLock: '6.14',
  /** What a program returns is held against its bounds, not its bits, and is precise. */
  returnsByBounds: '6.8',
  /** A size that may be zero is told of as such; before, an access of no bytes is looked at. */
  zeroSizesNamed: '6.8',
  /** What's given back must be a reference, as messages say at the argument. */
  releasesNamed: '5.18',
  /** Programs of bind's hooks may let it have low ports. */
  bindRaisesPorts: '5.12',
  /** Pointers to the kernel's structs are told apart by whether they're trusted. */
  trustedPointers: '6.2',
  /** A word that is moved is linked with what it's moved to. */
  wordMovesLink: '6.4',
  /** Constants may be stored into a context. */
  constantsToContext: '6.4',
  /** may_goto may go nowhere. */
  mayGotoNowhere: '6.14',
  /** Some programs' functions get a stack of their own. */
  privateStacks: '6.13',
  /** What leaves a reference behind is named. */
  leaksNamed: '6.13',
  /** Look-ups of an array's element by a constant give one; what helpers do to the stack is a read or a write. */
  constantKeys: '6.14',
  /** Helpers that a type may not call are known all the same. */
  helpersRefusedByType: '6.10',
} as const

export type Facts = Readonly<Record<keyof typeof since, boolean>>

const known = new Map<string, Facts>()

/** What's true of a kernel, by the version of Linux that it's built from. */
export function factsOf(linux: string): Facts {
  let found = known.get(linux)
  if (!found) {
    const entries = Object.entries(since).map(([name, first]) => [name, isSince({ linux }, first)])
    known.set(linux, (found = Object.fromEntries(entries) as Facts))
  }
  return found
}

/** Of the kernel whose verification runs: arithmetic on bounds, which every instruction does, has nobody else to ask. */
export let facts = factsOf('6.18')

/** Before a verification: whose facts hold. One verification ends before the next begins. */
export function useFactsOf(linux: string): void {
  facts = factsOf(linux)
}
