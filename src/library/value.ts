/**
 * A value of a C type. Integers up to 32 bits are numbers, longer ones and pointers bigints; `_Bool` is a boolean, an
 * array of `char` a string (up to its NUL), one of `unsigned char` bytes; an enumerator goes by its name, where it has one;
 * structures and unions are objects, what is in anonymous ones among their members.
 *
 * To be written, integers may be numbers or bigints, enumerators numbers too, any value its bytes; what an object leaves
 * out is zero.
 */
export type Value = number | bigint | boolean | string | Uint8Array | Value[] | { [member: string]: Value }
