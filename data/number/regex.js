/*
 * The patterns of the libraries as automata over the ten digits.  They know digits, \d, [sets],
 * groups, '|', '?', {n} and {n,m}, and nothing endless.
 */
'use strict'

function parse(pattern) {
	let at = 0
	const fail = () => { throw new Error(`pattern ${pattern} at ${at}`) }

	function set() {
		let mask = 0
		for (at++; pattern[at] !== ']'; at++) {
			if (!/\d/.test(pattern[at]))
				fail()
			let to = +pattern[at]
			const from = to
			if (pattern[at + 1] === '-') {
				to = +pattern[at + 2]
				at += 2
			}
			for (let d = from; d <= to; d++)
				mask |= 1 << d
		}
		at++
		return { mask }
	}
	function atom() {
		if (pattern[at] === '[')
			return set()
		if (pattern.startsWith('\\d', at)) {
			at += 2
			return { mask: 0x3ff }
		}
		if (pattern[at] === '(') {
			at += pattern.startsWith('(?:', at) ? 3 : 1
			const out = either()
			if (pattern[at++] !== ')')
				fail()
			return out
		}
		if (!/\d/.test(pattern[at]))
			fail()
		return { mask: 1 << +pattern[at++] }
	}
	function repeated() {
		const one = atom()
		const range = /^\{(\d+)(?:,(\d+))?\}/.exec(pattern.slice(at))
		let out = one
		if (range) {
			at += range[0].length
			const min = +range[1], max = +(range[2] || min)
			out = { seq: [] }
			for (let i = 0; i < max; i++)
				out.seq.push(i < min ? one : { any: [one, { seq: [] }] })
		}
		if (pattern[at] === '?') {
			at++
			out = { any: [out, { seq: [] }] }
		}
		return out
	}
	function either() {
		const any = [{ seq: [] }]
		while (at < pattern.length && pattern[at] !== ')') {
			if (pattern[at] === '|') {
				at++
				any.push({ seq: [] })
			} else {
				any[any.length - 1].seq.push(repeated())
			}
		}
		return any.length === 1 ? any[0] : { any }
	}
	const out = either()
	if (at !== pattern.length)
		fail()
	return out
}

/* {start, next: [[10 states or -1]…], accept: [bool…]}.  `sticky`: a match at the start is enough. */
exports.automaton = function (pattern, sticky) {
	const steps = [], empty = []
	const state = () => (steps.push([]), empty.push([]), steps.length - 1)
	const last = state()

	function build(node, to) {
		if (node.mask !== undefined) {
			const s = state()
			steps[s].push([node.mask, to])
			return s
		}
		if (node.seq)
			return node.seq.reduceRight((next, part) => build(part, next), to)
		const s = state()
		for (const part of node.any)
			empty[s].push(build(part, to))
		return s
	}
	function closure(set) {
		const out = new Set(), todo = [...set]
		while (todo.length > 0) {
			const s = todo.pop()
			if (!out.has(s)) {
				out.add(s)
				todo.push(...empty[s])
			}
		}
		return [...out].filter(s => s === last || steps[s].length > 0).sort((a, b) => a - b)
	}
	const sets = [], ids = new Map(), next = [], accept = []
	function id(set) {
		if (set.length === 0)
			return -1
		const key = sticky && set.includes(last) ? 'yes' : set.join()
		if (!ids.has(key)) {
			ids.set(key, sets.length)
			accept.push(set.includes(last))
			sets.push(key === 'yes' ? null : set)
		}
		return ids.get(key)
	}
	const start = id(closure([build(parse(pattern), last)]))
	for (let i = 0; i < sets.length; i++) {
		next.push([])
		for (let d = 0; d < 10; d++) {
			if (sets[i] === null) {
				next[i].push(i)
				continue
			}
			const to = []
			for (const s of sets[i])
				for (const [mask, t] of steps[s])
					if (mask >> d & 1)
						to.push(t)
			next[i].push(id(closure(to)))
		}
	}
	return { start, next, accept }
}
