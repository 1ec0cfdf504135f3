'use strict'
exports.automata = () => ({})
