//! `[channel.…]`: the settings of each channel's provider.

mod block;
mod smtp;
mod twilio;

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::config::context::Context;
use crate::config::daemon::channels::block::SettingsBlock;
use crate::config::daemon::channels::smtp::RawSmtp;
use crate::config::daemon::channels::twilio::RawTwilio;
use crate::config::daemon::secret::Off;
use crate::config::files::Files;
use crate::config::reader::Table;
use crate::config::settings::ProviderSettings;
use crate::domain::card::Senders;
use crate::domain::contact::ChannelKind;

/// Channels for pages. At least one is needed; two independent ones are better.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawChannels {
    /// Email.
    email: Option<RawSmtp>,
    /// Text messages.
    sms: Option<RawTwilio>,
}

pub(super) fn read(mut table: Table<'_>) -> RawChannels {
    let channels = RawChannels {
        email: table.table("email", "`[channel.email]`").map(smtp::read),
        sms: table.table("sms", "`[channel.sms]`").map(twilio::read),
    };
    table.finish();
    channels
}

impl RawChannels {
    /// The configured channels, with valid settings or not.
    pub(super) fn value_types(&self) -> Vec<ChannelKind> {
        self.blocks().map(|(channel, _)| channel).collect()
    }

    /// Checks all channels and reads their secrets; `None` if settings are invalid.
    pub(super) fn validate(
        &self,
        off: &mut Off,
        files: &dyn Files,
        context: &Context<'_>,
    ) -> Option<BTreeMap<ChannelKind, ProviderSettings>> {
        let mut checked = Vec::new();
        for (channel, block) in self.blocks() {
            let part = format!("channel.{channel}");
            let settings = off.take(&part, channel.when_off(), block.validate(files, context));
            checked.push(settings.map(|settings| Some((channel, settings?))));
        }
        let all: Option<Vec<_>> = checked.into_iter().collect();
        Some(all?.into_iter().flatten().collect())
    }

    /// The senders of pages, as far as they can be read.
    pub(super) fn senders(&self) -> Senders {
        let mut senders = Senders::default();
        self.blocks().for_each(|(_, block)| block.add_sender(&mut senders));
        senders
    }

    fn blocks(&self) -> impl Iterator<Item = (ChannelKind, &dyn SettingsBlock)> {
        ChannelKind::ALL.into_iter().filter_map(|channel| Some((channel, self.block(channel)?)))
    }

    fn block(&self, channel: ChannelKind) -> Option<&dyn SettingsBlock> {
        match channel {
            ChannelKind::Email => self.email.as_ref().map(|block| block as &dyn SettingsBlock),
            ChannelKind::Sms => self.sms.as_ref().map(|block| block as &dyn SettingsBlock),
        }
    }
}
