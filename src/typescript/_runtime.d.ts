/** One thing that is wrong in a payload. */
export interface Problem {
  /** Where, such as `items[2].status`; empty for the payload itself. */
  path: string;
  message: string;
}

/** A payload that its contract does not allow. */
export declare class InvalidPayload extends Error {
  constructor(type: string, problems: Problem[]);
  /** Name of the type that was expected. */
  readonly type: string;
  readonly problems: Problem[];
}

/** A change of state that the contract does not list, or a state that it does not know. */
export declare class IllegalTransition extends Error {
  constructor(message: string, from: unknown, to: unknown);
  readonly from: unknown;
  readonly to: unknown;
}

/** `T` after its defaults were filled in: the properties `K` are present. */
export type Filled<T, K extends keyof T> = T & { [Key in K]-?: T[Key] };

/** A type of the contract at run time; `P` is what `parse` returns. */
export declare class Type<T, P extends T = T> {
  readonly name: string;
  /** The JSON Schema 2020-12 that decides; `#/$defs/` names another type of the contract. */
  readonly schema: unknown;
  /** Everything that is wrong in `value`; empty if it is valid. */
  validate(value: unknown): Problem[];
  is(value: unknown): value is T;
  /**
   * Returns a copy of `value` with defaults filled in.
   * @throws {InvalidPayload} naming each path that is wrong
   */
  parse(value: unknown): P;
}

/** The parameters of an address: `logs:{eval_id}` has `eval_id`. */
export type AddressParameters<A extends string> = A extends `${string}{${infer Name}}${infer Rest}`
  ? { [Key in Name]: string | number } & AddressParameters<Rest>
  : unknown;

/** A message of a channel: its payload, and its headers where the contract describes them. */
export interface ChannelMessage<T, P extends T, H> {
  readonly payload: Type<T, P>;
  readonly headers: H;
}

/** A channel that knows its payload: `T` is sent, `P` is read. */
export declare class Channel<A extends string, T, P extends T, M> {
  /** As the contract writes it, parameters in braces. */
  readonly address: A;
  /** Names of the parameters in the address. */
  readonly parameters: readonly string[];
  readonly messages: M;
  /**
   * The address with its parameters put in.
   * @throws {TypeError} if one is missing
   */
  at(...parameters: unknown extends AddressParameters<A> ? [] : [AddressParameters<A>]): string;
  /** The parameters of a concrete address, or null if it is another channel's. */
  match(address: string): { [name: string]: string } | null;
  /**
   * The payload as JSON text.
   * @throws {InvalidPayload} if no message of the channel allows it
   */
  encode(payload: T): string;
  /**
   * The payload of a JSON text, with defaults filled in.
   * @throws {InvalidPayload} if it is no JSON, or no message of the channel allows it
   */
  decode(text: string): P;
}

/** The allowed changes between the states `S`, of which `F` are final. A state may stay as it is. */
export declare class StateMachine<S extends string | number, F extends S> {
  readonly name: string;
  readonly transitions: { readonly [State in S]: readonly S[] };
  /** The states that `state` may become, without itself. */
  next(state: S): readonly S[];
  isTerminal(state: S): state is F;
  canBecome(from: S, to: S): boolean;
  /**
   * Returns `to`.
   * @throws {IllegalTransition} if `from` may not become `to`
   */
  checkTransition(from: S, to: S): S;
}
