package gateway

import (
	"log/slog"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// TestTheBotRevokesAUserThatIsGone: a bot that died right after it had deleted a
// user deletes it again, with the rights that it has.
func TestTheBotRevokesAUserThatIsGone(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	cfg, _ := w.user("/", "the-bot", policies(t, "R71", infra.BotPolicies())...)
	w.boundary()
	users, err := infra.NewUsers(cfg, infra.UsersConfig{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	ana := round.Person{ID: "1", Name: "ana"}
	ask := round.CredentialsAsked{Person: ana, Role: round.Player, User: users.UserName("R71", round.Player, ana)}
	_, err = users.Issue(ctx, ask, round.Target{Round: "R71"}, time.Now().Add(time.Hour))
	must(t, err)
	for range 2 {
		must(t, users.Revoke(ctx, ask.User))
	}
}
