package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/chaotic-good/scenarios/infra/image"
)

const imageUsage = `usage: bot image -tag TAG [-push REPOSITORY] [-out FILE] [-programs DIR]

Builds the bot's own container image from the sources in this folder or above
it. It needs Go and no Docker engine.

`

// imageVerb makes what the bot is released as.
func imageVerb(ctx context.Context, args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() { fmt.Fprint(errs, imageUsage); flags.PrintDefaults() }
	tag := flags.String("tag", "", "the image's `tag`, which is the bot's release")
	push := flags.String("push", "", "push it to this `repository`, with the login of Docker's own configuration")
	file := flags.String("out", "", "write it to this `file`, for docker load")
	programs := flags.String("programs", "", "write the programs that a released bot brings along into this `folder`")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	if flags.NArg() > 0 || *tag == "" || *push == "" && *file == "" && *programs == "" {
		flags.Usage()
		return exitCode(2)
	}
	from, err := findPrograms()
	if err != nil {
		return err
	}
	if *programs != "" {
		if err := image.PutStack(ctx, from, *programs); err != nil {
			return err
		}
	}
	if *push == "" && *file == "" {
		return nil
	}
	img, err := image.BuildBot(ctx, from, *tag)
	if err != nil {
		return err
	}
	var failed error
	if *file != "" {
		failed = image.Save(*file, "chaotic-good/bot:"+*tag, img)
	}
	if *push != "" {
		failed = errors.Join(failed, image.Push(ctx, *push+":"+*tag, img, nil))
	}
	if failed != nil {
		return failed
	}
	digest, err := img.Digest()
	if err != nil {
		return fmt.Errorf("read the image's digest: %w", err)
	}
	fmt.Fprintln(out, digest)
	return nil
}
