import type { A } from "./a";
import { b, type C } from "./b";
import fs = require("fs");
import Alias = Deep.Name;

/** A shape. */
export interface Shape<T extends object = {}> extends Base<T>, Other.Kind {
  /** Its name. */
  readonly name: string;
  size?: number;
  go(x: T): void;
  /** Scales. */
  scale?<U>(by: number, ...rest: U[]): this;
  (call: string): T;
  new (x: T): Shape<T>;
  [key: string]: unknown;
  callback: (x: number) => void;
}

interface Hidden { x: 1 }

export type Id = string | number;
/**
 * A point.
 * @remarks
 * In the plane.
 */
export type Point = { x: number; y?: number };
type Fn<T> = (x: T) => Promise<T>;

export enum Color {
  /** Like blood. */
  Red = "red",
  Green = 1 << 2,
  "dark blue",
}
declare const enum Fast { One }

@Component({ selector: "app" })
export class Store<K, V = unknown> extends Emitter<K> implements Reads<K>, ns.Writes {
  static readonly VERSION: string = "1";
  private readonly map = new Map<K, V>();
  protected count?: number;
  public static shared: Store<any, any>;
  declare ghost: string;
  @Input() title!: string;
  #secret = 1;
  handler = async (event: Event): Promise<void> => { this.emit(event); };

  constructor(private readonly http: Http, public name = "x", plain: number) { super(); }

  get size(): number { return this.map.size; }
  private set size(value: number) {}

  /** Gets it. */
  find(key: K): V;
  find(key: K, or?: V): V | undefined;
  find(key: K, or?: V): V | undefined { return this.map.get(key) ?? or; }

  /**
   * Decorated.
   */
  @Get("/:id")
  @Auth()
  protected override async load(@Param("id") id: string, { a, b }: Options): Promise<V> { return f<V>(id)!.go(); }

  static *walk<T>(this: Store<T, any>): Generator<T> {}
  private static hidden(): asserts x is string {}
}

export abstract class Reads<K> {
  abstract read(key: K): void;
  protected abstract get open(): boolean;
}

export function over(a: string): string;
export function over(a: number): number;
/** The real one. */
export function over(a: any) { return a; }

/** Only here. */
export const typed: Record<string, number> = { a: 1 };
export const make = <T,>(x: T): x is string => !!x;
export const config = {
  a: 1,
  b: 2,
} as const;
const wrapped = (function (a) {} as Handler);
let later: string;

export default function main(argv?: string[] /* all */): asserts argv {}

export namespace Outer.Inner {
  export const depth = 1;
  const own = 2;
  export function go(): void {}
  export namespace More { export type T = 1 }
}

namespace Quiet {
  export class Loud { method() {} }
}

declare function ambient(x: number): string;
declare global {
  interface Window { zen: string }
  var zenGlobal: string;
}
declare module "vue" {
  export interface Props { a: string }
  const inner: number;
}

/** @internal */
export class Inside { visible() {} }

/** @deprecated Use {@link over}. */
export const old = dynamic(() => import("./old"));

export { Hidden as Shown };

declare module "listed" {
  function listed(): void;
  class Kept {}
  interface Left {}
  export interface Own {}
  export { Kept as Renamed };
  export = listed;
}
