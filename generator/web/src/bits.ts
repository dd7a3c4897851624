// Sets of modules as bits in 32-bit words.

export function count(set: Uint32Array): number {
  let total = 0;
  for (let i = 0; i < set.length; i++) {
    let word = set[i]!;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    total += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }
  return total;
}

export function full(size: number): Uint32Array {
  const set = new Uint32Array((size + 31) >>> 5).fill(0xffffffff);
  if (size & 31) set[set.length - 1] = 2 ** (size & 31) - 1;
  return set;
}

export function keep(set: Uint32Array, other: Uint32Array): void {
  for (let i = 0; i < set.length; i++) set[i]! &= other[i]!;
}

export function has(set: Uint32Array, item: number): boolean {
  return (set[item >>> 5]! & (1 << (item & 31))) !== 0;
}

export function add(set: Uint32Array, item: number): void {
  set[item >>> 5]! |= 1 << (item & 31);
}

export function list(set: Uint32Array): number[] {
  const found: number[] = [];
  for (let i = 0; i < set.length; i++) {
    for (let word = set[i]!; word; word &= word - 1) {
      found.push(i * 32 + 31 - Math.clz32(word & -word));
    }
  }
  return found;
}
