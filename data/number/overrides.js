/* Reads overrides.txt: {ranges: [{digits, territory, type}], hints: [...], emergency: {ES: [...]}}. */
'use strict'
const fs = require('fs')

exports.overrides = function (file) {
	const out = { ranges: [], hints: [], emergency: {} }

	for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
		const [what, first, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/)
		if (what === 'range')
			out.ranges.push({ digits: first, territory: rest[0], type: rest[1] })
		else if (what === 'hint')
			out.hints.push({ digits: first, territory: rest[0] })
		else if (what === 'emergency')
			out.emergency[first] = rest
		else if (what)
			throw new Error(`${file}: ${line}`)
	}
	/* the longest prefix that fits decides */
	out.ranges.sort((a, b) => b.digits.length - a.digits.length)
	return out
}
