// Package infra makes and removes the running copy of the app that a round is
// played on, and lets people and the bot reach it.
//
// It knows AWS: what a stack consists of, how its parts are named and tagged,
// who may touch them, how they are found again, and how its Prometheus and its
// audit trail are read. It does not know Discord, scenarios or the ledger, nor
// whether AWS itself or a rehearsal answers its calls.
package infra
