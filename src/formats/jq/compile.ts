import type { JsonValue } from '../../core/json.ts';
import { indexed, iterated, member, slice } from './access.ts';
import { negated } from './arithmetic.ts';
import { assigned, updated, updatedWith } from './assign.ts';
import { call, defined, parameter, variable } from './call.ts';
import {
  alternative,
  array,
  comma,
  conditional,
  logical,
  type Member,
  object,
  operation,
  pipe,
  record,
} from './combine.ts';
import { attempt, type Bind, bound, boundOne, iteratedWith, labelled, reduced } from './control.ts';
import { bindWith, type Matcher, variablesOf } from './destructure.ts';
import { raised } from './errors.ts';
import { jqFault } from './fault.ts';
import { constant, type Filter, IDENTITY_FILTER, lifted, ofMany } from './filter.ts';
import { formatted, formatter } from './formats.ts';
import { type Code, entryAt, findCallable, findName, type Names } from './names.ts';
import type { Definition, Node, Pattern } from './syntax.ts';

/** What a query may call beside its own functions. */
export interface Library {
  /** The call, or undefined when there is no such function. Throws a JqFault for what is refused by name. */
  find(name: string, args: readonly Filter[], at: number): Filter | undefined;
}

/** Compiles a tree to closures, which measured faster than any form that walks the tree. */
export function compiler(query: string, library: Library) {
  function compile(node: Node, names: Names | undefined): Filter {
    const of = (inner: Node): Filter => compile(inner, names);
    switch (node.is) {
      case 'identity':
        return IDENTITY_FILTER;
      case 'literal':
        return constant(node.value);
      case 'index':
        return node.key.is === 'literal' && typeof node.key.value === 'string' && !node.isOptional
          ? member(of(node.of), node.key.value)
          : indexed(of(node.of), of(node.key), node.isOptional);
      case 'slice':
        return slice(of(node.of), of(node.from), of(node.to), node.isOptional);
      case 'iterate':
        return iterated(of(node.of), node.isOptional);
      case 'format':
        return lifted(formatter(node.name), []);
      case 'text':
        return formatted(
          node.format,
          node.parts.map((part) => (typeof part === 'string' ? part : of(part))),
        );
      case 'array':
        return node.of === undefined ? constant([]) : array(of(node.of));
      case 'object':
        return compileObject(node, names);
      case 'negate':
        return pipe(of(node.of), lifted(negated, []));
      case 'pipe':
        return pipe(of(node.left), of(node.right));
      case 'comma':
        return comma(of(node.left), of(node.right));
      case 'and':
      case 'or':
        return logical(node.is, of(node.left), of(node.right));
      case 'alternative':
        return alternative(of(node.left), of(node.right));
      case 'operator':
        return operation(node.operator, of(node.left), of(node.right));
      case 'assign':
        return assigned(of(node.left), of(node.right));
      case 'update':
        return updated(of(node.left), of(node.right));
      case 'update-operator':
      case 'update-alternative':
        return compileUpdate(node, names);
      case 'if':
        return conditional(of(node.condition), of(node.then), of(node.otherwise));
      case 'try':
        return attempt(of(node.body), node.handler && of(node.handler));
      default:
        return compileNaming(node, names);
    }
  }

  /** What has to do with names. */
  function compileNaming(
    node: Extract<Node, { readonly is: 'reduce' | 'foreach' | 'as' | 'def' | 'label' | 'break' | 'variable' | 'call' }>,
    names: Names | undefined,
  ): Filter {
    switch (node.is) {
      case 'reduce': {
        const { bind, inner } = compilePatterns(node.patterns, names);
        return reduced(compile(node.source, names), bind, compile(node.init, names), compile(node.update, inner));
      }
      case 'foreach': {
        const { bind, inner } = compilePatterns(node.patterns, names);
        const [source, init] = [compile(node.source, names), compile(node.init, names)];
        return iteratedWith(source, bind, init, compile(node.update, inner), compile(node.extract, inner));
      }
      case 'as': {
        const source = compile(node.source, names);
        const { bind, inner } = compilePatterns(node.patterns, names);
        const body = compile(node.body, inner);
        const isPlain = node.patterns.length === 1 && node.patterns[0]?.is === 'variable';
        return isPlain && source.one ? boundOne(source.one, body) : bound(source, bind, body);
      }
      case 'def':
        return defined(compile(node.rest, define(node.definition, names)));
      case 'label':
        return labelled(compile(node.body, { entry: { is: 'label', name: node.name }, up: names }));
      case 'break':
        return compileBreak(node.name, node.at, names);
      case 'variable': {
        const found = findName(names, 'variable', node.name);
        if (found !== undefined) return variable(found.hops);
        if (node.name === 'ENV') throw jqFault('$ENV is not supported: a query sees its input only', query, node.at);
        throw jqFault(`$${node.name} is not defined`, query, node.at);
      }
      case 'call':
        return compileCall(node, names);
    }
  }

  function compileObject(node: Extract<Node, { is: 'object' }>, names: Names | undefined): Filter {
    const members = node.entries.map(
      ({ key, value }): Member => ({ key: compile(key, names), value: value && compile(value, names) }),
    );
    const keys = constantKeys(node);
    const values = members.map(({ value }) => value?.one);
    return keys !== undefined && values.every((one) => one !== undefined) ? record(keys, values) : object(members);
  }

  function compileUpdate(
    node: Extract<Node, { is: 'update-operator' | 'update-alternative' }>,
    names: Names | undefined,
  ): Filter {
    const [left, right] = [compile(node.left, names), compile(node.right, names)];
    return updatedWith(left, right, node.is === 'update-operator' ? node.operator : '//');
  }

  function compileBreak(name: string, at: number, names: Names | undefined): Filter {
    const found = findName(names, 'label', name);
    if (found === undefined) throw jqFault(`$*label-${name} is not defined`, query, at);
    return ofMany((_, env) => {
      throw raised(entryAt(env, found.hops).value);
    });
  }

  function compileCall(node: Extract<Node, { is: 'call' }>, names: Names | undefined): Filter {
    const { name, at } = node;
    const args = node.args.map((arg) => compile(arg, names));
    const found = findCallable(names, name, args.length);
    if (found?.entry.is === 'function') return call(found.entry.code, found.hops, args);
    if (found !== undefined) return parameter(found.hops);
    const filter = library.find(name, args, at);
    if (filter === undefined) throw jqFault(`${name}/${args.length} is not defined`, query, at);
    return filter;
  }

  /** The names that see a definition. Its body sees itself and its parameters. */
  function define({ name, params, body }: Definition, up: Names | undefined): Names {
    const code: Code = { filter: undefined };
    const names: Names = { entry: { is: 'function', name, arity: params.length, code }, up };
    code.filter = compile(
      body,
      params.reduce<Names>((outer, param) => ({ entry: { is: 'parameter', name: param }, up: outer }), names),
    );
    return names;
  }

  /** Keys of object patterns do not see the variables of the pattern. */
  function compilePatterns(patterns: readonly Pattern[], names: Names | undefined) {
    const variables = variablesOf(patterns);
    const inner = variables.reduce<Names | undefined>((up, name) => ({ entry: { is: 'variable', name }, up }), names);
    const matcherOf = (pattern: Pattern): Matcher => {
      if (pattern.is === 'variable') return { is: 'variable', slot: variables.indexOf(pattern.name) };
      if (pattern.is === 'array') {
        // jq takes the last element first, which matters to what is in error.
        const members = pattern.of.map((each, i) => ({ key: constant(i), slot: undefined, matcher: matcherOf(each) }));
        return { is: 'members', members: members.reverse() };
      }
      return {
        is: 'members',
        members: pattern.entries.map(({ key, variable: name, pattern: each }) => ({
          key: compile(key, names),
          slot: name === undefined ? undefined : variables.indexOf(name),
          matcher: each && matcherOf(each),
        })),
      };
    };
    const bind: Bind = bindWith(patterns.map(matcherOf), variables.length);
    return { bind, inner };
  }

  return { compile, define };
}

/** The keys of an object constructor when all of them are constants. */
export function constantKeys(node: Node): readonly string[] | undefined {
  if (node.is !== 'object') return undefined;
  const keys = node.entries.map(({ key }): JsonValue | undefined => (key.is === 'literal' ? key.value : undefined));
  return keys.every((key) => typeof key === 'string') ? keys : undefined;
}
