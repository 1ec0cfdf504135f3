#!/usr/bin/env node
/*
 * Makes src/number/table.c from two npm packages, which the build does not need:
 *
 *   npm pack libphonenumber-js google-libphonenumber, then unpack both, and
 *   node data/number/generate.js LIBPHONENUMBER-JS-DIR GOOGLE-LIBPHONENUMBER-DIR
 *
 * (the directories that hold package.json).  overrides.txt is read beside this file.
 */
'use strict'
const fs = require('fs')
const path = require('path')

const [js, google] = process.argv.slice(2)
if (!google) {
	console.error('usage: generate.js LIBPHONENUMBER-JS-DIR GOOGLE-LIBPHONENUMBER-DIR')
	process.exit(2)
}
const version = dir => JSON.parse(fs.readFileSync(path.join(dir, 'package.json'))).version
const meta = JSON.parse(fs.readFileSync(path.join(js, 'metadata.max.json')))
const short = require(path.resolve(google, 'dist/libphonenumber.js')).shortnumbermetadata.countryToMetadata

const { overrides } = require('./overrides.js')
const { dialling } = require('./dialling.js')
const { automata } = require('./automata.js')
const { writeTable } = require('./write.js')

const rows = overrides(path.join(__dirname, 'overrides.txt'))
const territories = dialling(meta, rows)
const tables = automata(meta, short, rows, territories)
writeTable(path.join(__dirname, '../../src/number/table.c'), territories, tables,
	`libphonenumber-js ${version(js)}, google-libphonenumber ${version(google)}`)
