package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// BenchmarkRead compares a player's and the bot's read through the gateway with
// the same read at moto.
func BenchmarkRead(b *testing.B) {
	w := newWorld(b)
	player, _ := w.user("/chaotic-good/R99/", "reader", playerPolicy) // each call is recorded too
	straight := player.Copy()
	straight.BaseEndpoint = aws.String(needMoto(b).URL.String())
	for name, c := range map[string]aws.Config{"player": player, "bot": w.root(), "moto": straight} {
		b.Run(name, func(b *testing.B) {
			client := ec2.NewFromConfig(c)
			for b.Loop() {
				_, err := client.DescribeVpcs(b.Context(), nil)
				must(b, err)
			}
		})
	}
}
