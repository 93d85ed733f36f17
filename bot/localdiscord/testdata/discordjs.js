// A bot in miniature on discord.js: it does what ours does, with a library that
// knows nothing of discordgo. The Go test that starts it types and presses, and
// reads what people see. Whatever the library does not expect ends it.
"use strict";
const { ButtonStyle, Client, ComponentType, GatewayIntentBits, MessageFlags } = require("discord.js");

const { API, TOKEN, GUILD, ALERTS } = process.env;
const text = 3, user = 6; // types of options

const commands = [
  { name: "status", description: "What runs now" },
  {
    name: "inject", description: "Start an incident", defaultMemberPermissions: 0n,
    options: [
      { name: "scenario", description: "Which", type: text, required: true, autocomplete: true },
      { name: "player", description: "Who", type: user },
    ],
  },
];

const acknowledge = {
  type: ComponentType.ActionRow,
  components: [{ type: ComponentType.Button, style: ButtonStyle.Primary, label: "Acknowledge", customId: "ack:12" }],
};

// inject sends a page with a file, hangs a thread on it, edits it, and tells
// the player.
async function inject(interaction) {
  await interaction.deferReply();
  const player = interaction.options.getUser("player");
  const channel = await client.channels.fetch(ALERTS);
  const page = await channel.send({
    content: `INC-12 <@${player.id}>`,
    embeds: [{ title: "ShopErrorRatioHigh", fields: [{ name: "ratio", value: "62.4 %" }] }],
    files: [{ attachment: Buffer.from("# What happened"), name: "inc-12.md" }],
    components: [acknowledge],
    allowedMentions: { users: [player.id] },
    nonce: "seq-12", enforceNonce: true,
  });
  const thread = await page.startThread({ name: "Post-mortem INC-12", autoArchiveDuration: 60 });
  await thread.send("What happened: " + page.attachments.first().name);
  await page.edit(page.content + " is open");
  await player.send("Your access to R7 is ready.");
  const here = await client.channels.fetch(interaction.channelId); // which this library takes from the channel's object
  await interaction.editReply(`${interaction.options.getString("scenario")} is typed in #${here.name}`);
}

async function answer(interaction) {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused();
    await interaction.respond([{ name: "A rule goes missing", value: typed + "urity-group" }]);
  } else if (interaction.isButton()) {
    await interaction.reply({ content: `${interaction.customId} by ${interaction.user.username}`, flags: MessageFlags.Ephemeral });
    await interaction.followUp({ content: "and by nobody else", flags: MessageFlags.Ephemeral });
    await interaction.message.edit({ content: "INC-12 is acknowledged", components: [] });
  } else if (interaction.commandName === "status") {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.editReply(`R7 is ready, ${interaction.member.displayName}`);
  } else {
    await inject(interaction);
  }
}

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
  rest: { api: API, retries: 0 },
});

function fail(error) {
  console.error(error);
  process.exit(1);
}

process.on("unhandledRejection", fail);
for (const event of ["error", "warn", "shardError", "invalidated"]) client.on(event, fail);
client.on("interactionCreate", (interaction) => answer(interaction).catch(fail));
client.once("clientReady", async () => {
  const guild = await client.guilds.fetch(GUILD);
  const known = await guild.commands.set(commands);
  console.log("ready", known.size);
});
process.stdin.resume().on("end", async () => {
  await client.destroy();
  process.exit(0);
});
client.login(TOKEN).catch(fail);
