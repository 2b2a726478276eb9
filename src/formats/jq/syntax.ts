import type { JsonValue } from '../../core/json.ts';

/** What a query says, as a tree. `at` is where, for messages about names. */
export type Node =
  | { readonly is: 'identity' }
  | { readonly is: 'literal'; readonly value: JsonValue }
  | { readonly is: 'index'; readonly of: Node; readonly key: Node; readonly isOptional: boolean }
  | {
      readonly is: 'slice';
      readonly of: Node;
      readonly from: Node;
      readonly to: Node;
      readonly isOptional: boolean;
    }
  | { readonly is: 'iterate'; readonly of: Node; readonly isOptional: boolean }
  | { readonly is: 'text'; readonly format: string; readonly parts: readonly (string | Node)[] }
  | { readonly is: 'format'; readonly name: string }
  | { readonly is: 'array'; readonly of: Node | undefined }
  | { readonly is: 'object'; readonly entries: readonly ObjectEntry[] }
  | { readonly is: 'negate'; readonly of: Node }
  | { readonly is: 'pipe' | 'comma' | 'and' | 'or' | 'alternative'; readonly left: Node; readonly right: Node }
  | { readonly is: 'operator'; readonly operator: Operator; readonly left: Node; readonly right: Node }
  | { readonly is: 'assign' | 'update'; readonly left: Node; readonly right: Node }
  | { readonly is: 'update-alternative'; readonly left: Node; readonly right: Node }
  | { readonly is: 'update-operator'; readonly operator: Operator; readonly left: Node; readonly right: Node }
  | { readonly is: 'if'; readonly condition: Node; readonly then: Node; readonly otherwise: Node }
  | { readonly is: 'try'; readonly body: Node; readonly handler: Node | undefined }
  | {
      readonly is: 'reduce';
      readonly source: Node;
      readonly patterns: readonly Pattern[];
      readonly init: Node;
      readonly update: Node;
    }
  | {
      readonly is: 'foreach';
      readonly source: Node;
      readonly patterns: readonly Pattern[];
      readonly init: Node;
      readonly update: Node;
      readonly extract: Node;
    }
  | { readonly is: 'as'; readonly source: Node; readonly patterns: readonly Pattern[]; readonly body: Node }
  | { readonly is: 'def'; readonly definition: Definition; readonly rest: Node }
  | { readonly is: 'label'; readonly name: string; readonly body: Node }
  | { readonly is: 'break'; readonly name: string; readonly at: number }
  | { readonly is: 'variable'; readonly name: string; readonly at: number }
  | { readonly is: 'call'; readonly name: string; readonly args: readonly Node[]; readonly at: number };

export type Operator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=';

export interface ObjectEntry {
  readonly key: Node;
  /** Undefined in `{"a"}`: the member of that name. */
  readonly value: Node | undefined;
}

export interface Definition {
  readonly name: string;
  readonly params: readonly string[];
  readonly body: Node;
}

export type Pattern =
  | { readonly is: 'variable'; readonly name: string }
  | { readonly is: 'array'; readonly of: readonly Pattern[] }
  | { readonly is: 'object'; readonly entries: readonly PatternEntry[] };

export interface PatternEntry {
  readonly key: Node;
  /** Bound to the member itself, as in `{$a: [$b]}`. */
  readonly variable: string | undefined;
  readonly pattern: Pattern | undefined;
}

export const IDENTITY: Node = { is: 'identity' };
export const NULL: Node = { is: 'literal', value: null };
