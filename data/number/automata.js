/*
 * The three questions as one minimal automaton without cycles: which range is a number in, is it
 * dialled with its trunk prefix, is it a short code.
 *
 * A node is { out, kids }: what a number is that ends here, and where each digit leads.  A node from
 * which only the length decides is a tail: { tail: [out, out with one digit more, …], rest }.
 */
'use strict'
const { automaton } = require('./regex.js')
const { trunk, written } = require('./dialling.js')

const TYPES = ['unknown', 'fixed', 'mobile', 'fixed-or-mobile', 'premium', 'shared', 'personal',
	'voip', 'uan', 'pager', 'voicemail', 'tollfree', 'satellite', 'global-network', 'uifn',
	'international-shared', 'international-premium', 'short', 'emergency']
/* places in the library's list of patterns, in the order in which it tries them after fixed */
const OTHERS = [['mobile', 1], ['premium', 3], ['tollfree', 2], ['shared', 9], ['voip', 8],
	['personal', 4], ['pager', 7], ['uan', 6], ['voicemail', 5]]
const E164_MAX = 15

/* One node of each kind, so that equal ones are the same object. */
const nodes = new Map()
function shared(out, kids) {
	let node

	if (kids.every(k => k === kids[0]) && kids[0].tail) {
		node = { tail: [out, ...kids[0].tail], rest: kids[0].rest }
		while (node.tail.length > 0 && node.tail[node.tail.length - 1] === node.rest)
			node.tail.pop()
	} else {
		node = { out, kids }
	}
	return once(node)
}
function once(node) {
	const key = node.tail ? `t${node.tail}/${node.rest}` : `n${node.out}/${node.kids.map(k => k.id)}`
	if (!nodes.has(key)) {
		node.id = nodes.size
		nodes.set(key, node)
	}
	return nodes.get(key)
}
/* The tail after one more digit. */
const shift = node => once({ tail: node.tail.slice(1), rest: node.rest })
const always = out => once({ tail: [], rest: out })

/*
 * parts  automata that run side by side
 * judge  function(matches, alive, length) → out, where matches[i] tells that part i accepts
 * length of the digits before the first, and of the longest text
 */
function together(parts, judge, length, most) {
	const memo = new Map()

	function at(states, len) {
		const key = len + ':' + states
		let node = memo.get(key)
		if (node)
			return node
		const out = judge(states.map((s, i) => s >= 0 && parts[i].accept[s]), len - length)
		if (len === most) {
			node = always(out)
		} else {
			const kids = []
			for (let d = 0; d < 10; d++)
				kids.push(at(states.map((s, i) => s < 0 ? -1 : parts[i].next[s][d]), len + 1))
			node = shared(out, kids)
		}
		memo.set(key, node)
		return node
	}
	return at(parts.map(p => p.start), length)
}

/* Collects the parts of a question; the same pattern runs once. */
class Parts {
	constructor() {
		this.list = []
		this.index = new Map()
	}
	add(pattern, sticky) {
		const key = (sticky ? '^' : '=') + pattern
		if (!this.index.has(key)) {
			this.index.set(key, this.list.length)
			this.list.push(automaton(pattern, sticky))
		}
		return this.index.get(key)
	}
}

/* What libphonenumber-js does in getNumberType(). */
function typing(parts, m) {
	const general = parts.add(m[2]), lengths = m[3], types = m[11] || []
	const all = types.map(t => t && t[0] !== '' && { part: parts.add(t[0]), lengths: t[1] || lengths })
	const is = (t, yes, len) => t && yes[t.part] && t.lengths.includes(len)

	return (yes, len) => {
		if (!yes[general])
			return 'unknown'
		if (is(all[0], yes, len))
			return !types[1] || types[1][0] === '' || is(all[1], yes, len)
				? 'fixed-or-mobile' : 'fixed'
		const other = OTHERS.find(([, place]) => is(all[place], yes, len))
		return other ? other[0] : 'unknown'
	}
}

/* The numbers of one calling code. */
function ranges(meta, rows, names, code) {
	const parts = new Parts()
	const countries = meta.country_calling_codes[code] || [code]
	const plans = countries.map(name => {
		const m = meta.countries[name] || meta.nonGeographic[name]
		return { name, type: typing(parts, m), leading: m[10] ? parts.add(m[10], true) : -1 }
	})
	const ours = list => list.filter(r => r.digits.startsWith(code)).map(r =>
		({ ...r, part: parts.add(r.digits.slice(code.length), true) }))
	const over = ours(rows.ranges), hints = ours(rows.hints)
	const encode = (name, type) => (name ? names.indexOf(name) : 0) << 5 | TYPES.indexOf(type)

	function judge(yes, len) {
		/* what libphonenumber-js does in getCountryByNationalNumber() */
		const plan = plans.length === 1 ? plans[0] : plans.find(p => p.leading >= 0
			? yes[p.leading] : p.type(yes, len) !== 'unknown')
		const type = (plan || plans[0]).type(yes, len)
		const name = plan ? plan.name : type !== 'unknown' ? plans[0].name : ''
		if (type === 'unknown') {
			const hint = hints.find(r => yes[r.part])
			const place = name === code ? over.find(r => yes[r.part]) : null
			return encode(hint ? hint.territory : place ? place.territory : name, type)
		}
		const row = over.find(r => yes[r.part])
		return row ? encode(row.territory === '-' ? name : row.territory,
			row.type === '-' ? type : row.type) : encode(name, type)
	}
	return together(parts.list, judge, code.length, E164_MAX)
}

/*
 * enum number_trunk, from how a number is written at home.  What has no format of its own is dialled
 * as it is.
 */
const WITHOUT = 0, WITH = 1, EITHER = 2, NEVER = 3
function prefixes(meta, code) {
	const m = meta.countries[(meta.country_calling_codes[code] || [])[0]]
	if (!m)
		return always(WITHOUT)
	const prefix = trunk(m)
	const parts = new Parts()
	const formats = (m[4] || []).map(f => {
		const leading = f[2] && f[2].length > 0 ? parts.add(f[2][f[2].length - 1], true) : -1
		const digits = written(m, f)
		let out = digits === '' ? WITHOUT : digits !== prefix ? NEVER
			: f[4] || m[9] ? EITHER : WITH
		if (/\d/.test(f[1].replace(/\$\d/g, ''))) /* Argentina writes a 15 in its midst */
			out = NEVER
		return { leading, whole: parts.add(f[0].replace(/[()]/g, '')), out }
	})
	return together(parts.list, yes => {
		const format = formats.find(f => (f.leading < 0 || yes[f.leading]) && yes[f.whole])
		return format ? format.out : WITHOUT
	}, code.length, E164_MAX)
}

/* 0 nothing, 1 a short code, 2 an emergency number. */
function codes(short, rows, name) {
	const m = short[name]
	const more = rows.emergency[name] || []
	const parts = new Parts()
	const text = desc => m && m[desc] && m[desc][2] ? m[desc][2] : ''
	const lengths = desc => m && m[desc] && m[desc][9] || m && m[1][9] || []
	const emergency = [text(27), ...more].filter(Boolean).join('|')
	const isEmergency = emergency ? parts.add(emergency) : -1
	const general = text(1) ? parts.add(text(1)) : -1
	const isShort = text(29) ? parts.add(text(29)) : -1

	return together(parts.list, (yes, len) => {
		if (yes[isEmergency])
			return 2
		return yes[general] && yes[isShort] && lengths(29).includes(len) ? 1 : 0
	}, 0, 8)
}

/* All calling codes under one root. */
function world(codes, of) {
	function at(prefix) {
		if (codes.includes(prefix))
			return of(prefix)
		const kids = []
		let dead = true
		for (let d = 0; d < 10; d++) {
			const next = prefix + d
			if (codes.some(c => c.startsWith(next))) {
				kids.push(at(next))
				dead = false
			} else {
				kids.push(always(0))
			}
		}
		return dead ? always(0) : shared(0, kids)
	}
	return at('')
}

exports.shift = shift
exports.automata = function (meta, short, rows, territories) {
	const names = territories.map(t => t.name)
	const all = [...Object.keys(meta.country_calling_codes), ...Object.keys(meta.nonGeographic)]

	return {
		ranges: world(all, code => ranges(meta, rows, names, code)),
		prefixes: world(all, code => prefixes(meta, code)),
		codes: territories.map(t => t.place ? codes(short, rows, t.name) : always(0)),
	}
}
