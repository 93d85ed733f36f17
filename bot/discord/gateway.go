package discord

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// fatal are the close codes after which no new try can succeed: a wrong token,
// wrong intents, a bot that has grown too big for one connection.
var fatal = []int{4004, 4010, 4011, 4012, 4013, 4014}

// stayConnected keeps the gateway open until ctx ends.
func (b *Bot) stayConnected(ctx context.Context) error {
	b.session.AddHandler(func(_ *discordgo.Session, i *discordgo.InteractionCreate) {
		if b.busy.enter() {
			defer b.busy.leave()
			b.interaction(ctx, i)
		}
	})
	b.session.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) {
		select {
		case b.dropped <- struct{}{}:
		default:
		}
	})
	const (
		first = 500 * time.Millisecond
		last  = 2 * time.Minute  // Discord allows a thousand log-ins a day,
		knock = 15 * time.Second // and a door that stays shut is none
	)
	wait := first
	for {
		began := time.Now()
		err := b.open(ctx)
		if err == nil {
			b.log.Info("connected to Discord")
			if !isClosed(b.online) {
				close(b.online)
			}
			select {
			case <-ctx.Done():
			case <-b.dropped:
				err = errors.New("the connection ended")
			}
		}
		if ctx.Err() != nil {
			b.close()
			return ctx.Err()
		}
		if websocket.IsCloseError(err, fatal...) {
			return fmt.Errorf("log in to Discord: it does not let this bot in: %w", err)
		}
		if time.Since(began) > time.Minute {
			wait = first
		}
		if !b.greeted(began) {
			wait = min(wait, knock)
		}
		b.log.Warn("not connected to Discord; trying again", "in", wait, "err", explain("the gateway", err))
		if err := sleep(ctx, wait+rand.N(wait/4)); err != nil {
			return err
		}
		wait = min(2*wait, last)
	}
}

// greeted reports whether the gateway said hello since began, and was told who
// is there. Discord counts only that.
func (b *Bot) greeted(began time.Time) bool {
	b.session.RLock()
	defer b.session.RUnlock()
	return b.session.LastHeartbeatAck.After(began) // Open sets it then
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// open opens the gateway, and ends in bounded time whatever the server does.
func (b *Bot) open(ctx context.Context) error {
	stop := context.AfterFunc(ctx, b.wires.end)
	defer stop()
	if err := b.session.Open(); err != nil && !errors.Is(err, discordgo.ErrWSAlreadyOpen) {
		return err
	}
	b.wires.settled()
	return nil
}

// close says good-bye, which takes discordgo a second.
func (b *Bot) close() {
	if err := b.session.Close(); err != nil {
		b.log.Info("close the connection to Discord", "err", err)
	}
	b.wires.end()
}

// busy counts what must be finished before the bot has stopped.
type busy struct {
	mu      sync.Mutex
	stopped bool
	work    sync.WaitGroup
}

// enter reports whether work may still begin; leave ends it.
func (b *busy) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stopped {
		b.work.Add(1)
	}
	return !b.stopped
}

func (b *busy) leave() { b.work.Done() }

// wait lets nothing begin any more, and returns when all has ended.
func (b *busy) wait() {
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	b.work.Wait()
}
