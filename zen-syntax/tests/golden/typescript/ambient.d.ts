/// <reference types="node" />
import { X } from "./x";

/** The version. */
export declare const version: string;
declare function helper(a: X): void;
export interface Options {
  deep: boolean;
}
declare class Client {
  private secret;
  constructor(options?: Options);
  get(url: string): Promise<X>;
  get(url: URL): Promise<X>;
}
declare namespace inner {
  function f(): void;
  let y: number;
}
type Own = string;
