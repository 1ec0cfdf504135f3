/* The territories, and how people dial there: trunk prefix and international prefixes. */
'use strict'

/* Every text that a pattern of literals, [sets] and (?:groups|…) matches; '.' is any digit. */
function texts(pattern) {
	let at = 0
	function set() {
		const out = []
		for (at++; pattern[at] !== ']'; at++) {
			if (pattern[at + 1] === '-') {
				for (let d = +pattern[at]; d <= +pattern[at + 2]; d++)
					out.push(String(d))
				at += 2
			} else {
				out.push(pattern[at])
			}
		}
		at++
		return out
	}
	function atom() {
		if (pattern[at] === '[')
			return set()
		if (pattern.startsWith('\\d', at)) {
			at += 2
			return ['.']
		}
		if (pattern[at] === '(') {
			at += pattern.startsWith('(?:', at) ? 3 : 1
			const out = either()
			at++
			return out
		}
		return [pattern[at++]]
	}
	function either() {
		let all = [], now = ['']
		while (at < pattern.length && pattern[at] !== ')') {
			if (pattern[at] === '|') {
				all = all.concat(now)
				now = ['']
				at++
				continue
			}
			let next = atom()
			if (pattern[at] === '?') {
				next = ['', ...next]
				at++
			}
			now = now.flatMap(a => next.map(b => a + b))
		}
		return all.concat(now)
	}
	const out = [...new Set(either())]
	if (!out.every(t => /^[\d.]+$/.test(t)))
		throw new Error(`no list of digits: ${pattern}`)
	return out.sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
}

/* Digits that are written before the number at home: the trunk prefix; Belarus writes 8 0 mostly. */
const written = (m, format) => (format[3] || m[6] || '').replace('$1', '').replace(/\D/g, '')

function trunk(m) {
	const used = new Map()
	for (const format of m[4] || []) {
		const digits = written(m, format)
		if (digits)
			used.set(digits, (used.get(digits) || 0) + 1)
	}
	const most = [...used.keys()].sort((a, b) => used.get(b) - used.get(a) || b.length - a.length)
	return m[5] && most[0] || m[5] || ''
}

exports.written = written
exports.trunk = trunk

exports.dialling = function (meta, rows) {
	const out = [{ name: '?', code: 0, national: '', international: '', idd: [], place: false }]

	for (const name of Object.keys(meta.countries).sort()) {
		const m = meta.countries[name]
		const main = meta.countries[meta.country_calling_codes[m[0]][0]]
		const idd = texts(m[1])
		const preferred = (m[12] || '').replace(/\D/g, '')

		out.push({
			name, code: +m[0], idd, place: true,
			national: trunk(m) || trunk(main),
			international: preferred || (idd.length === 1 ? idd[0] : ''),
		})
	}
	for (const code of Object.keys(meta.nonGeographic).sort())
		out.push({ name: code, code: +code, national: '', international: '', idd: [], place: false })
	for (const row of rows.ranges) {
		if (row.territory !== '-' && !out.some(t => t.name === row.territory))
			out.push({ name: row.territory, code: +row.digits.slice(0, 3), national: '',
				international: '', idd: [], place: false })
	}
	return out
}
