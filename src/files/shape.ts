/**
 * Checks of what a JSON file holds, from which the types of it are taken.
 *
 * The registry is read at every start, and with a thousand keys in it a general validator (valibot) took 10 ms, as long
 * as everything else that `status` does: these checks build nothing and take 1 ms. Fields that are not known are let
 * be, so that a registry of a later version keeps them.
 *
 * A shape answers whether a value has it; on a no it puts the way to the first mistake into `path`.
 */
export type Shape<T> = (value: unknown, path: string[]) => value is T;

/** The type of what a shape lets through. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

export const isText: Shape<string> = (value, _path): value is string => typeof value === 'string';

export const isNumber: Shape<number> = (value, _path): value is number => typeof value === 'number';

export function matching(form: RegExp): Shape<string> {
  return (value, _path): value is string => typeof value === 'string' && form.test(value);
}

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return (value, _path): value is T => values.includes(value as T);
}

/** The shapes that take null. */
const nullables = new WeakSet<Shape<unknown>>();

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  const either: Shape<T | null> = (value, path): value is T | null => value === null || shape(value, path);
  nullables.add(either);
  return either;
}

export function listOf<T>(shape: Shape<T>): Shape<T[]> {
  return (value, path): value is T[] => {
    if (!Array.isArray(value)) return false;
    for (let at = 0; at < value.length; at += 1) if (!shape(value[at], path)) return fails(path, String(at));
    return true;
  };
}

type Fields = Readonly<Record<string, Shape<unknown>>>;

type Required<F extends Fields> = { -readonly [K in keyof F]: Shaped<F[K]> };
type Optional<F extends Fields> = { -readonly [K in keyof F]?: Shaped<F[K]> | undefined };

/** @param optional fields that may be missing: a file of an earlier version has none of the later ones */
export function object<F extends Fields, O extends Fields = Record<never, never>>(
  fields: F,
  optional: O = {} as O,
): Shape<Required<F> & Optional<O>> {
  const names = [...Object.keys(fields), ...Object.keys(optional)];
  const shapes = [...Object.values(fields), ...Object.values(optional)];
  const mayBeNull = shapes.map((shape) => nullables.has(shape));
  const required = Object.keys(fields).length;
  return (value, path): value is Required<F> & Optional<O> => {
    if (typeof value !== 'object' || value === null) return false;
    // Counted by hand: destructuring an iterator's pairs takes several times as long before it is compiled.
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at] as string;
      const field = (value as Readonly<Record<string, unknown>>)[name];
      // The commonest, without a call.
      if (field === null ? mayBeNull[at] : typeof field === 'string' && shapes[at] === isText) continue;
      if (at >= required && field === undefined) continue;
      if (!shapes[at]?.(field, path)) return fails(path, name);
    }
    return true;
  };
}

/** Any of several shapes. */
export function either<S extends readonly Shape<unknown>[]>(...shapes: S): Shape<Shaped<S[number]>> {
  return (value, _path): value is Shaped<S[number]> => shapes.some((shape) => shape(value, []));
}

function fails(path: string[], step: string): false {
  path.unshift(step);
  return false;
}
