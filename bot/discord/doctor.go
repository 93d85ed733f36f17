package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/doctor"
	"github.com/chaotic-good/scenarios/bot/round"
)

// DoctorConfig is what a Bot would be made of. A Doctor looks at what is there,
// and says what is missing; only Now is needed.
type DoctorConfig struct {
	Token       round.Secret
	Guild       string
	Application string
	Channels    Channels
	Roles       Roles
	BaseURL     string // as a Bot's
	Now         func() time.Time
}

// Doctor looks at whether a bot could work in Discord. It asks, by the way that
// the bot asks, and neither logs in nor changes anything.
type Doctor struct {
	cfg   DoctorConfig
	rest  *rest
	watch *doctor.Watch

	me          asked[*discordgo.User]
	application asked[*application]
	guild       asked[*discordgo.Guild]
	member      asked[*discordgo.Member] // the bot's own
	channels    asked[*[]*discordgo.Channel]
}

// application is what Discord tells of an application and discordgo does not.
type application struct {
	ID        string  `json:"id"`
	Flags     int     `json:"flags"`
	CodeGrant bool    `json:"bot_require_code_grant"`
	Endpoint  *string `json:"interactions_endpoint_url"`
}

// asked is a question that is asked once, however many checks want its answer.
type asked[T any] func(context.Context) (T, error)

func once[T any](ask asked[T]) asked[T] {
	var (
		first  sync.Once
		answer T
		err    error
	)
	return func(ctx context.Context) (T, error) {
		first.Do(func() { answer, err = ask(ctx) })
		return answer, err
	}
}

// NewDoctor connects to nothing yet.
func NewDoctor(cfg DoctorConfig) (*Doctor, error) {
	base, err := parseBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	known := newLimits()
	client := newClient(base, known, nil)
	d := &Doctor{cfg: cfg, watch: &doctor.Watch{Now: cfg.Now, Pass: client.Transport.RoundTrip}}
	client.Transport = d.watch
	s, err := newSession(cfg.Token, client)
	if err != nil {
		return nil, err
	}
	d.rest = &rest{session: s, limits: known, log: slog.New(slog.DiscardHandler)}
	d.me = once(func(ctx context.Context) (*discordgo.User, error) {
		return get[discordgo.User](ctx, d, discordgo.EndpointUser("@me"))
	})
	d.application = once(func(ctx context.Context) (*application, error) {
		return after[application](ctx, d, discordgo.EndpointApplication("@me"))
	})
	d.guild = once(func(ctx context.Context) (*discordgo.Guild, error) {
		return after[discordgo.Guild](ctx, d, discordgo.EndpointGuild(cfg.Guild))
	})
	d.member = once(func(ctx context.Context) (*discordgo.Member, error) {
		me, err := d.me(ctx)
		if err != nil {
			return nil, errNoToken
		}
		return get[discordgo.Member](ctx, d, discordgo.EndpointGuildMember(cfg.Guild, me.ID))
	})
	d.channels = once(func(ctx context.Context) (*[]*discordgo.Channel, error) {
		return after[[]*discordgo.Channel](ctx, d, discordgo.EndpointGuildChannels(cfg.Guild))
	})
	return d, nil
}

// Close lets go of the connections.
func (d *Doctor) Close() { d.rest.session.Client.CloseIdleConnections() }

// Checks are what a Doctor looks at, in the order in which people mend it.
func (d *Doctor) Checks() []doctor.Check {
	return []doctor.Check{
		{Name: "Discord token", Run: d.token},
		{Name: "application", Run: d.applies},
		{Name: "intents", Run: d.intents},
		{Name: "gateway", Run: d.gateway},
		{Name: "guild", Run: d.enters},
		{Name: "commands", Run: d.commands},
		{Name: "roles", Run: d.roles},
		{Name: "alerts channel", Run: d.alerts},
		{Name: "operations channel", Run: d.operations},
	}
}

// Ahead tells by how much this machine's clock is ahead of Discord's.
func (d *Doctor) Ahead(ctx context.Context) (time.Duration, bool) {
	if d.wellFormed() == "" {
		_, _ = d.me(ctx) // the token's check tells
	}
	return d.watch.Ahead()
}

// get asks Discord once.
func get[T any](ctx context.Context, d *Doctor, url string) (*T, error) {
	if why := d.wellFormed(); why != "" {
		return nil, errors.New(why)
	}
	into := new(T)
	return into, d.rest.send(ctx, request{method: "GET", url: url}, into)
}

// errNoToken is the error of what cannot be asked without a token that works.
var errNoToken = errors.New("it is not known whose the token is")

// after asks once that is known to work: Discord counts the requests that come
// with a wrong one.
func after[T any](ctx context.Context, d *Doctor, url string) (*T, error) {
	if _, err := d.me(ctx); err != nil {
		return nil, errNoToken
	}
	return get[T](ctx, d, url)
}

// wellFormed says what is wrong with the token at first sight.
func (d *Doctor) wellFormed() string {
	token := d.cfg.Token.Reveal()
	switch {
	case token == "":
		return "there is none"
	case strings.HasPrefix(token, "Bot "):
		return "it begins with `Bot`, and only what follows that belongs there"
	case strings.IndexFunc(token, func(r rune) bool { return unicode.IsSpace(r) || r > unicode.MaxASCII || r < '!' }) >= 0:
		return "it holds characters that no token has"
	}
	return ""
}

const (
	mendToken  = "Take one from the application's page in Discord's developer portal (Bot, Reset Token), and set CHAOTIC_DISCORD_TOKEN."
	mendInvite = "Open the address that `bot invite` prints, and let the bot into the server."
)

func (d *Doctor) token(ctx context.Context) doctor.Finding {
	if why := d.wellFormed(); why != "" {
		return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("It is no token: %s.", why), Mend: mendToken}
	}
	u, err := d.me(ctx)
	var no *refused
	switch {
	case errors.As(err, &no) && no.status == http.StatusUnauthorized:
		return doctor.Finding{State: doctor.Wrong, Says: "Discord does not take it: it was replaced, or is another thing's.", Mend: mendToken}
	case err != nil:
		return d.silent(ctx, err)
	case !u.Bot:
		return doctor.Finding{State: doctor.Wrong, Says: "It is a person's, and no bot's.", Mend: mendToken}
	}
	return doctor.Well("It is that of the bot %s.", u.Username)
}

func (d *Doctor) applies(ctx context.Context) doctor.Finding {
	a, err := d.application(ctx)
	switch {
	case err != nil:
		return d.silent(ctx, err)
	case a.ID != d.cfg.Application:
		return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("The token belongs to the application %s, and %q is configured.", a.ID, d.cfg.Application),
			Mend: "Set `discord.application` to " + a.ID + ", or take the other application's token."}
	case a.CodeGrant:
		return doctor.Finding{State: doctor.Warning, Says: "It asks for OAuth2's code grant, so the invitation does not work.",
			Mend: "Switch off Requires OAuth2 Code Grant on its page in the developer portal (Bot)."}
	case a.Endpoint != nil && *a.Endpoint != "":
		return doctor.Finding{State: doctor.Wrong, Says: "Discord sends its commands to an HTTP address and none to the bot, which waits for them at the gateway.",
			Mend: "Empty Interactions Endpoint URL on its page in the developer portal (General Information)."}
	}
	return doctor.Well("The token is that of the application %s.", a.ID)
}

// switches are the flags of an application that let it have a privileged intent.
var switches = []struct {
	intent discordgo.Intent
	name   string
	flags  int
}{
	{discordgo.IntentsGuildPresences, "Presence Intent", 1<<12 | 1<<13},
	{discordgo.IntentsGuildMembers, "Server Members Intent", 1<<14 | 1<<15},
	{discordgo.IntentMessageContent, "Message Content Intent", 1<<18 | 1<<19},
}

func (d *Doctor) intents(ctx context.Context) doctor.Finding {
	a, err := d.application(ctx)
	if err != nil {
		return d.silent(ctx, err)
	}
	return judgeIntents(intents, a.Flags)
}

func judgeIntents(asked discordgo.Intent, flags int) doctor.Finding {
	var off []string
	for _, s := range switches {
		if asked&s.intent != 0 && flags&s.flags == 0 {
			off = append(off, s.name)
		}
	}
	switch {
	case len(off) > 0:
		return doctor.Finding{State: doctor.Wrong, Says: "Discord will not let the bot in: it asks for " + strings.Join(off, " and ") + ".",
			Mend: "Switch that on on the application's page in the developer portal (Bot)."}
	case asked == discordgo.IntentsNone:
		return doctor.Well("The bot asks for none, so none has to be switched on.")
	}
	return doctor.Well("Those that the bot asks for are switched on.")
}

// fewLogins is how many are too few for a day on which something goes wrong.
const fewLogins = 50

func (d *Doctor) gateway(ctx context.Context) doctor.Finding {
	g, err := after[discordgo.GatewayBotResponse](ctx, d, discordgo.EndpointGatewayBot)
	if err != nil {
		return d.silent(ctx, err)
	}
	left := g.SessionStartLimit.Remaining
	if left < fewLogins {
		state := doctor.Warning
		if left == 0 {
			state = doctor.Wrong
		}
		return doctor.Finding{State: state, Says: fmt.Sprintf("Discord lets the bot log in %d times more today, of %d.", left, g.SessionStartLimit.Total),
			Mend: "Look in the bot's log why it starts so often, and stop it for a day: at the last one Discord takes the token away."}
	}
	return doctor.Well("Discord lets the bot log in %d times more today.", left)
}

// silent is the finding of a check whose question was not answered.
func (d *Doctor) silent(ctx context.Context, err error) doctor.Finding {
	var no *refused
	switch {
	case errors.Is(err, errNoToken):
		return doctor.Blind(err.Error() + ".")
	case errors.As(err, &no):
		return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("Discord refuses (HTTP %d, code %d).", no.status, no.code), Mend: mendInvite}
	case ctx.Err() != nil:
		return doctor.Finding{State: doctor.Wrong, Says: "Discord did not answer in time.", Mend: "Look at this machine's network and proxy, and run this again."}
	}
	return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("Discord cannot be reached: %v.", err), Mend: "Look at this machine's network and proxy, and run this again."}
}
