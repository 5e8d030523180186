import type { Btf } from '../parsers/btf.ts'
import type { StructType, TypeSource } from './types.ts'

/** The dump's own BTF as a TypeSource; structs and enumerators are looked up once. */
export function btfTypes(btf: Btf): TypeSource {
  const structs = new Map<string, StructType | null>()
  const enumerators = new Map<string, number | null>()
  const find = (name: string, having: string | undefined): StructType | null => {
    const id = btf.structs(name).find((each) => having === undefined || btf.member(each, having) !== null)
    const size = id === undefined ? null : btf.size(id)
    if (id === undefined || size === null) return null
    const members = new Map<string, ReturnType<Btf['member']>>()
    return {
      name,
      size,
      member(path) {
        if (!members.has(path)) members.set(path, btf.member(id, path))
        return members.get(path) ?? null
      },
    }
  }
  return {
    kind: 'btf',
    struct(name, having) {
      const key = `${name} ${having ?? ''}`
      if (!structs.has(key)) structs.set(key, find(name, having))
      return structs.get(key) ?? null
    },
    enumerator(name) {
      if (!enumerators.has(name)) enumerators.set(name, btf.enumerator(name))
      return enumerators.get(name) ?? null
    },
  }
}
